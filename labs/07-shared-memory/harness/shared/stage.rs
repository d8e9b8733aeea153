//! The stage: processes each of whose operations on shared words waits for leave, and the driver that gives it.
//!
//! Exactly one process runs at a time, or none. The processes are real, and so are their waits: a process that has to wait sleeps
//! in futex(2) on the very word. Nothing here measures time. Whether a process has fallen asleep is asked of the kernel, by the number
//! of those that sleep on a word (FUTEX_REQUEUE from a word to itself says it and moves nobody), and everything
//! else the processes say themselves, through pipes.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, pipe2, read, write};
use rustix::thread::futex::{self, Flags, Timespec};

use super::Shareable;
use super::gate::{self, Action, Leave, MESSAGE, Operation};
use super::robust;

/// What a process does in each play.
pub type Task = Box<dyn Fn()>;

/// Many more operations than any right answer needs: whoever goes on for longer goes round in circles.
const MOST_STEPS: usize = 10_000;

/// So many operations are allowed at once at most. What is said about them fits into a pipe.
const LONGEST_LEAVE: u32 = 500;

/// A process on the stage, as the driver sees it.
#[derive(Debug)]
struct Actor {
    pid: Pid,
    gives_leave: OwnedFd,
    hears: OwnedFd,
    /// What it has said and was not looked at yet.
    heard: VecDeque<[u8; MESSAGE]>,
    status: Status,
    /// How many operations it has done in this play.
    operations: usize,
}

/// What a process is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It waits for leave to do this.
    AtGate(Operation),
    /// It sleeps in futex(2) on the word with this address.
    Asleep(usize),
    /// It sleeps there by a private futex: no other process can wake it.
    AsleepForEver,
    /// It has finished.
    Finished,
    /// It has been killed by the driver.
    Killed,
}

/// Why a play cannot go on.
#[derive(Debug)]
pub enum Stop {
    /// Nobody can go on: all who have not finished sleep.
    Asleep,
    /// This process looks at the same words again and again instead of sleeping.
    Spins(usize),
    /// This process has ended in the middle of its task.
    Ended(usize, WaitStatus),
    /// What the driver has seen and must not be.
    Seen(String),
    /// The system refused something.
    System(io::Error),
}

impl From<Errno> for Stop {
    fn from(error: Errno) -> Self {
        Self::System(error.into())
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

/// What was done in a play, by whom.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// Which process, from 0.
    pub actor: usize,
    /// What it did.
    pub operation: Operation,
    /// Its result, where it is known.
    pub result: Option<u64>,
}

/// The stage.
pub struct Stage {
    actors: Vec<Actor>,
    tasks: Vec<Task>,
    base: usize,
    size: usize,
    name_at: fn(usize) -> String,
    points: &'static [&'static str],
    steps: Vec<Step>,
    last: Option<usize>,
    sleeps: usize,
    wake_after_sleep: Option<usize>,
    used_private: bool,
    words_hold_processes: bool,
    before_each_play: Box<dyn Fn()>,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage")
            .field("actors", &self.actors)
            .finish_non_exhaustive()
    }
}

impl Stage {
    /// Forks a process for each task. They use the words of `object`; `points` names the driver's own points.
    pub fn open<T: Shareable>(
        object: &'static T,
        points: &'static [&'static str],
        tasks: Vec<Task>,
    ) -> io::Result<Self> {
        let mut stage = Self {
            actors: Vec::new(),
            tasks,
            base: (&raw const *object).expose_provenance(),
            size: size_of::<T>(),
            name_at: T::name_at,
            points,
            steps: Vec::new(),
            last: None,
            sleeps: 0,
            wake_after_sleep: None,
            used_private: false,
            words_hold_processes: false,
            before_each_play: Box::new(|| {}),
        };
        for index in 0..stage.tasks.len() {
            let actor = stage.fork(index)?;
            stage.actors.push(actor);
        }
        Ok(stage)
    }

    fn fork(&self, index: usize) -> io::Result<Actor> {
        let (hears, says) = pipe2(OFlag::O_CLOEXEC)?;
        let (takes_leave, gives_leave) = pipe2(OFlag::O_CLOEXEC)?;
        // SAFETY: the driver has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop((hears, gives_leave));
                for actor in &self.actors {
                    // Otherwise this process would keep the gate of its siblings open after the driver's end.
                    // SAFETY: the child never uses these descriptors, and it leaves by `_exit`, without dropping them.
                    unsafe {
                        nix::libc::close(std::os::fd::AsRawFd::as_raw_fd(&actor.gives_leave))
                    };
                }
                gate::sit_down(u32::try_from(index).unwrap_or(0), says, takes_leave);
                gate::begin();
                loop {
                    (self.tasks[index])();
                    gate::end();
                }
            }
            ForkResult::Parent { child } => Ok(Actor {
                pid: child,
                gives_leave,
                hears,
                heard: VecDeque::new(),
                status: Status::Finished,
                operations: 0,
            }),
        }
    }

    /// The words hold numbers of processes: a description of a step says whose, because the numbers differ from run to run.
    pub fn know_processes_by_number(&mut self) {
        self.words_hold_processes = true;
    }

    /// What the driver does before each play, such as forgetting what it has noted.
    pub fn before_each_play(&mut self, what: Box<dyn Fn()>) {
        self.before_each_play = what;
    }

    /// Everybody is about to begin again. After the sleep of this number, the sleeper is woken for no reason.
    pub fn begin(&mut self, wake_after_sleep: Option<usize>) {
        (self.before_each_play)();
        for actor in &mut self.actors {
            actor.status = Status::AtGate(Operation::BEGIN);
            actor.operations = 0;
        }
        self.steps.clear();
        self.sleeps = 0;
        self.wake_after_sleep = wake_after_sleep;
    }

    /// How many processes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.actors.len()
    }

    /// Whether there is no process.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.actors.is_empty()
    }

    /// What a process is doing.
    #[must_use]
    pub fn status(&self, actor: usize) -> Status {
        self.actors[actor].status
    }

    /// How many operations a process has done in this play.
    #[must_use]
    pub fn operations(&self, actor: usize) -> usize {
        self.actors[actor].operations
    }

    /// How often somebody has fallen asleep in this play.
    #[must_use]
    pub fn sleeps(&self) -> usize {
        self.sleeps
    }

    /// Whether a process has called its futex private.
    #[must_use]
    pub fn used_private(&self) -> bool {
        self.used_private
    }

    /// What has been done in this play.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether the process waits for leave.
    #[must_use]
    pub fn is_ready(&self, actor: usize) -> bool {
        matches!(self.status(actor), Status::AtGate(_))
    }

    /// Whether the process stands before the driver's own point of this number.
    #[must_use]
    pub fn is_at(&self, actor: usize, point: u64) -> bool {
        matches!(self.status(actor), Status::AtGate(it) if it.is_point(point))
    }

    /// Lets a process do so many operations, and waits until it stands at the next gate, sleeps or has finished.
    ///
    /// It may do fewer: it stops where it would wait, and at the latest after some hundred.
    pub fn advance(&mut self, actor: usize, most: usize) -> Result<(), Stop> {
        let Status::AtGate(operation) = self.actors[actor].status else {
            return Ok(());
        };
        if self.steps.len() >= MOST_STEPS || operation.action == Action::Spin {
            return Err(Stop::Spins(actor));
        }
        let leave = Leave {
            operations: u32::try_from(most).unwrap_or(u32::MAX).min(LONGEST_LEAVE),
            others_ran: self.last != Some(actor),
        };
        self.last = Some(actor);
        if operation.action == Action::Wait && self.would_sleep(&operation) {
            return self.lie_down(actor, operation, leave);
        }
        self.note(actor, operation);
        self.give_leave(actor, leave)?;
        // It does the first without saying anything more, and says before each of the others what it is.
        for left in (0..leave.operations).rev() {
            self.hear(actor)?;
            match self.actors[actor].status {
                Status::AtGate(next) if left > 0 && !next.asks_again() => self.note(actor, next),
                _ => break,
            }
        }
        self.gather_woken()
    }

    fn note(&mut self, actor: usize, operation: Operation) {
        self.used_private |= operation.is_private();
        self.actors[actor].operations += 1;
        self.steps.push(Step {
            actor,
            operation,
            result: None,
        });
    }

    fn would_sleep(&self, operation: &Operation) -> bool {
        let now = self.word(operation.word).load(Ordering::SeqCst);
        u64::from(now) == operation.operands[0]
    }

    /// Lets a process fall asleep.
    fn lie_down(&mut self, actor: usize, operation: Operation, leave: Leave) -> Result<(), Stop> {
        self.note(actor, operation);
        self.sleeps += 1;
        if operation.is_private() {
            // It gets no leave: nothing that another process does could end its sleep.
            self.actors[actor].status = Status::AsleepForEver;
            return Ok(());
        }
        let asleep = self.asleep_on(operation.word).count();
        let operations = 1;
        self.give_leave(
            actor,
            Leave {
                operations,
                ..leave
            },
        )?;
        self.await_sleep(actor, operation.word, asleep + 1)?;
        if self.wake_after_sleep == Some(self.sleeps) {
            self.wake(actor)?;
        }
        Ok(())
    }

    /// Wakes a sleeper for no reason, as the kernel may.
    pub fn wake(&mut self, actor: usize) -> Result<(), Stop> {
        let Status::Asleep(word) = self.actors[actor].status else {
            return Ok(());
        };
        let seat = gate::bit(u32::try_from(actor).unwrap_or(0));
        futex::wake_bitset(self.word(word), Flags::empty(), 1, seat)
            .map_err(|error| Stop::System(error.into()))?;
        self.hear(actor)
    }

    /// Kills a process and waits for its end. Whoever the kernel wakes because of that stands at its gate afterwards.
    pub fn kill(&mut self, actor: usize) -> Result<(), Stop> {
        kill(self.actors[actor].pid, Signal::SIGKILL)?;
        reap(self.actors[actor].pid)?;
        self.actors[actor].status = Status::Killed;
        // The kernel may have changed a word: what the others have looked at may be different now.
        self.last = None;
        self.gather_woken()
    }

    /// Puts a new process in the place of one that was killed.
    pub fn replace(&mut self, actor: usize) -> io::Result<()> {
        self.actors[actor] = self.fork(actor)?;
        Ok(())
    }

    /// Ends the processes: those that wait for leave to begin go by themselves, the others are killed. Says how the one that has
    /// ended before did so.
    pub fn close(mut self) -> io::Result<()> {
        for Actor {
            pid,
            gives_leave,
            status,
            ..
        } in self.actors.drain(..)
        {
            drop(gives_leave);
            match status {
                Status::Killed => continue,
                Status::Finished => {}
                // It waits for leave and would end by itself, or it sleeps for ever: it may be gone already.
                _ => drop(kill(pid, Signal::SIGKILL)),
            }
            match reap(pid) {
                Ok(_) | Err(Errno::ECHILD) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// A step in words: `state.swap(1) is 0`.
    #[must_use]
    pub fn describe(&self, step: &Step) -> String {
        let Operation {
            action,
            word,
            operands: [first, second],
            ..
        } = step.operation;
        let private = if second != 0 { "private, " } else { "" };
        let (first_number, second_number) = (self.number(first), self.number(second));
        let call = match action {
            Action::Begin => return "begins".to_owned(),
            Action::Returned => return "wakes up".to_owned(),
            Action::Spin => return "looks again".to_owned(),
            Action::End => return "has finished".to_owned(),
            Action::Point => {
                let point = usize::try_from(first)
                    .ok()
                    .and_then(|first| self.points.get(first));
                return point
                    .copied()
                    .unwrap_or("goes on")
                    .replace("{}", &second_number);
            }
            Action::Load => "load()".to_owned(),
            Action::Store => format!("store({first_number})"),
            Action::Swap => format!("swap({first_number})"),
            Action::CompareExchange => format!("compare_exchange({first_number}, {second_number})"),
            Action::FetchAdd => format!("fetch_add({first_number})"),
            Action::FetchSub => format!("fetch_sub({first_number})"),
            Action::FetchAnd => format!("fetch_and({first:#x})"),
            Action::FetchOr => format!("fetch_or({first:#x})"),
            Action::Wait => format!("futex_wait({private}{first_number})"),
            Action::Wake if first > 1000 => format!("futex_wake({private}all)"),
            Action::Wake => format!("futex_wake({private}{first})"),
        };
        let result = match (action, step.result) {
            (Action::Store, _) => String::new(),
            (Action::Wait, None) => " sleeps".to_owned(),
            (Action::Wait, Some(_)) => " does not sleep".to_owned(),
            (_, Some(result)) => format!(" is {}", self.number(result)),
            (_, None) => String::new(),
        };
        format!("{}.{call}{result}", self.name_of(word))
    }

    /// The name of the word with this address, as the object's declaration has it.
    #[must_use]
    pub fn name_of(&self, word: usize) -> String {
        let offset = word.wrapping_sub(self.base);
        let name = if offset < self.size {
            (self.name_at)(offset)
        } else {
            String::new()
        };
        let name = name.strip_prefix('.').unwrap_or(&name);
        if name.is_empty() {
            "word".to_owned()
        } else {
            name.to_owned()
        }
    }

    fn number(&self, value: u64) -> String {
        let number = u32::try_from(value)
            .ok()
            .filter(|_| self.words_hold_processes);
        let Some(number) = number else {
            return value.to_string();
        };
        let tid = number & robust::TID_MASK;
        let holder = self
            .actors
            .iter()
            .position(|it| it.pid.as_raw().cast_unsigned() == tid);
        let mut parts: Vec<String> = holder
            .map(|it| format!("process {}", it + 1))
            .into_iter()
            .collect();
        for (mark, name) in [
            (robust::WAITERS, "WAITERS"),
            (robust::OWNER_DIED, "OWNER_DIED"),
        ] {
            if number & mark != 0 {
                parts.push(name.to_owned());
            }
        }
        if parts.is_empty() {
            value.to_string()
        } else {
            parts.join(" | ")
        }
    }

    fn asleep_on(&self, word: usize) -> impl Iterator<Item = usize> {
        let asleep = self.actors.iter().enumerate();
        asleep
            .filter(move |(_, actor)| actor.status == Status::Asleep(word))
            .map(|(index, _)| index)
    }

    /// The word with this address.
    fn word(&self, address: usize) -> &'static AtomicU32 {
        let inside =
            address.wrapping_sub(self.base) <= self.size.wrapping_sub(size_of::<AtomicU32>());
        assert!(
            inside,
            "a process waits for a word that is not in the object"
        );
        let word = std::ptr::with_exposed_provenance::<AtomicU32>(address);
        // SAFETY: it lies inside the object, which stays mapped, and consists of atomics; words begin at a multiple of their size.
        unsafe { &*word }
    }

    /// How many processes sleep on a word.
    fn census(&self, word: usize) -> Result<usize, Stop> {
        let word = self.word(word);
        // From the word to itself: nobody is woken and nobody moves, and the kernel says how many there are.
        futex::requeue(word, Flags::empty(), 0, i32::MAX.cast_unsigned(), word)
            .map_err(|error| Stop::System(error.into()))
    }

    fn give_leave(&mut self, actor: usize, leave: Leave) -> Result<(), Stop> {
        match write(&self.actors[actor].gives_leave, &leave.to_message()) {
            Ok(_) => Ok(()),
            // Rust programs ignore SIGPIPE, so that is how a process is seen that has gone.
            Err(Errno::EPIPE) => self.ended(actor),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for what a process says next.
    fn hear(&mut self, actor: usize) -> Result<(), Stop> {
        let it = &mut self.actors[actor];
        while it.heard.is_empty() {
            let mut messages = [0; 64 * MESSAGE];
            let length = match read(&it.hears, &mut messages) {
                Err(Errno::EINTR) => continue,
                other => other?,
            };
            if length == 0 {
                return self.ended(actor);
            }
            // Messages are written whole, and as many bytes are read as fit in whole ones.
            let (whole, _) = messages[..length].as_chunks();
            it.heard.extend(whole);
        }
        let operation = it
            .heard
            .pop_front()
            .as_ref()
            .and_then(Operation::from_message);
        let Some(operation) = operation else {
            return self.ended(actor);
        };
        let own = self.steps.iter_mut().rev().find(|step| step.actor == actor);
        if let Some(step) = own {
            step.result = Some(operation.last_result);
        }
        let it = &mut self.actors[actor];
        it.status = Status::AtGate(operation);
        if operation.action == Action::End {
            it.status = Status::Finished;
        }
        Ok(())
    }

    fn ended(&mut self, actor: usize) -> Result<(), Stop> {
        let status = reap(self.actors[actor].pid)?;
        self.actors[actor].status = Status::Killed;
        Err(Stop::Ended(actor, status))
    }

    /// Waits until so many sleep on the word.
    fn await_sleep(&mut self, actor: usize, word: usize, count: usize) -> Result<(), Stop> {
        self.actors[actor].status = Status::Asleep(word);
        let mut looks = 0;
        while self.census(word)? < count {
            if self.has_spoken(actor)? {
                // It has not slept, as if a signal had come.
                return self.hear(actor);
            }
            pause(&mut looks);
        }
        Ok(())
    }

    /// Waits for those to speak whom the last step has woken.
    fn gather_woken(&mut self) -> Result<(), Stop> {
        let asleep = self.actors.iter().filter_map(|it| match it.status {
            Status::Asleep(word) => Some(word),
            _ => None,
        });
        let words: BTreeSet<usize> = asleep.collect();
        for word in words {
            let left = self.census(word)?;
            let mut looks = 0;
            while self.asleep_on(word).count() > left {
                let asleep: Vec<usize> = self.asleep_on(word).collect();
                for actor in asleep {
                    if self.has_spoken(actor)? {
                        self.hear(actor)?;
                    }
                }
                pause(&mut looks);
            }
        }
        Ok(())
    }

    fn has_spoken(&self, actor: usize) -> Result<bool, Stop> {
        let Actor { heard, hears, .. } = &self.actors[actor];
        let waiting = rustix::io::ioctl_fionread(hears).map_err(io::Error::from)?;
        Ok(!heard.is_empty() || waiting > 0)
    }
}

/// Between two looks at a condition that will soon be true. It changes nothing but the speed.
fn pause(looks: &mut u32) {
    *looks += 1;
    if *looks > 50 {
        let moment = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000,
        };
        // Nobody wakes this one.
        let _ = futex::wait(&AtomicU32::new(0), Flags::PRIVATE, 0, Some(&moment));
    }
}

fn reap(pid: Pid) -> nix::Result<WaitStatus> {
    loop {
        match waitpid(pid, None) {
            Err(Errno::EINTR) => {}
            other => return other,
        }
    }
}
