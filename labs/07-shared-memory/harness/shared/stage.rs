//! The stage: processes each of whose operations on shared words waits for leave, and the driver that gives it.
//!
//! Exactly one process runs at a time, or none. The processes are real, and so are their waits: a process that has to wait sleeps
//! in futex(2) on the very word. Nothing here measures time. Whether a process has fallen asleep is asked of the kernel, by the number
//! of those that sleep on a word (FUTEX_REQUEUE from a word to itself says it and moves nobody), and everything
//! else the processes say themselves, through pipes.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::errno::Errno;
use nix::sys::wait::WaitStatus;
use rustix::thread::futex::{self, Flags, Timespec};

use super::Shareable;
use super::actor::{Actor, Said};
pub use super::actor::{Status, Task};
use super::gate;
use super::operation::{Action, Leave, Operation};

/// Many more operations than any right answer needs: whoever goes on for longer goes round in circles.
const MOST_STEPS: usize = 10_000;

/// So many operations are allowed at once at most. What is said about them fits into a pipe.
const LONGEST_LEAVE: u32 = 500;

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
    pub(super) actors: Vec<Actor>,
    tasks: Vec<Task>,
    pub(super) base: usize,
    pub(super) size: usize,
    pub(super) name_at: fn(usize) -> String,
    pub(super) points: &'static [&'static str],
    steps: Vec<Step>,
    last: Option<usize>,
    sleeps: usize,
    wake_after_sleep: Option<usize>,
    used_private: bool,
    pub(super) words_hold_processes: bool,
    before_each_play: Box<dyn Fn()>,
    leads: Vec<usize>,
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
            leads: Vec::new(),
        };
        for index in 0..stage.tasks.len() {
            let actor = stage.fork(index)?;
            stage.actors.push(actor);
            stage.leads.push(index);
        }
        Ok(stage)
    }

    fn fork(&self, index: usize) -> io::Result<Actor> {
        Actor::fork(index, &self.tasks[index], &self.actors)
    }

    /// The words hold numbers of processes: a description of a step says whose, because the numbers differ from run to run.
    pub fn know_processes_by_number(&mut self) {
        self.words_hold_processes = true;
    }

    /// These processes have the lead in turn. Where several do the same, one of them is enough: each has it by default.
    pub fn led_by(&mut self, leads: impl IntoIterator<Item = usize>) {
        self.leads = leads.into_iter().collect();
    }

    /// Who has the lead in turn.
    #[must_use]
    pub fn leads(&self) -> &[usize] {
        &self.leads
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

    /// Whether in this play a sleeper has been woken for no reason. The same play has gone well without that.
    #[must_use]
    pub fn has_woken_for_no_reason(&self) -> bool {
        let sleep = self.wake_after_sleep;
        sleep.is_some_and(|sleep| self.sleeps >= sleep)
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

    /// Whether the process stands before any of the driver's own points.
    #[must_use]
    pub fn is_at_a_point(&self, actor: usize) -> bool {
        matches!(self.status(actor), Status::AtGate(it) if it.action == Action::Point)
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
        let word = self.word(operation.word);
        word.is_none_or(|word| u64::from(word.load(Ordering::SeqCst)) == operation.operands[0])
    }

    /// Lets a process fall asleep.
    fn lie_down(&mut self, actor: usize, operation: Operation, leave: Leave) -> Result<(), Stop> {
        self.note(actor, operation);
        self.sleeps += 1;
        if operation.is_private() || self.word(operation.word).is_none() {
            // By its flag, or because the word is in memory of its own. It gets no leave: nothing that another process does could
            // end its sleep.
            self.used_private = true;
            self.actors[actor].status = Status::AsleepForEver;
            return Ok(());
        }
        let asleep = self.asleep_on(operation.word).count();
        let operations = 1;
        let leave = Leave {
            operations,
            ..leave
        };
        self.give_leave(actor, leave)?;
        self.await_sleep(actor, operation.word, asleep + 1)?;
        if self.wake_after_sleep == Some(self.sleeps) {
            self.wake(actor)?;
        }
        Ok(())
    }

    /// Wakes a sleeper for no reason, as the kernel may.
    pub fn wake(&mut self, actor: usize) -> Result<(), Stop> {
        let Status::Asleep(address) = self.actors[actor].status else {
            return Ok(());
        };
        if let Some(word) = self.word(address) {
            let seat = gate::bit(u32::try_from(actor).unwrap_or(0));
            futex::wake_bitset(word, Flags::empty(), 1, seat).map_err(io::Error::from)?;
            self.hear(actor)?;
        }
        Ok(())
    }

    /// Kills a process and waits for its end. Whoever the kernel wakes because of that stands at its gate afterwards.
    pub fn kill(&mut self, actor: usize) -> Result<(), Stop> {
        self.actors[actor].kill()?;
        // The kernel may have changed a word: what the others have looked at may be different now.
        self.last = None;
        self.gather_woken()
    }

    /// Puts a new process in the place of one that was killed.
    pub fn replace(&mut self, actor: usize) -> io::Result<()> {
        self.actors[actor] = self.fork(actor)?;
        Ok(())
    }

    /// Ends the processes and waits for them.
    pub fn close(mut self) -> io::Result<()> {
        let ended = self.actors.drain(..).map(Actor::end);
        // Every one of them is waited for, whatever the others say.
        ended.fold(Ok(()), Result::and)
    }

    fn asleep_on(&self, word: usize) -> impl Iterator<Item = usize> {
        let asleep = self.actors.iter().enumerate();
        asleep
            .filter(move |(_, actor)| actor.status == Status::Asleep(word))
            .map(|(index, _)| index)
    }

    /// The word with this address; `None` where it does not belong to the object.
    fn word(&self, address: usize) -> Option<&'static AtomicU32> {
        let offset = address.checked_sub(self.base)?;
        if offset + size_of::<AtomicU32>() > self.size {
            return None;
        }
        let word = std::ptr::with_exposed_provenance::<AtomicU32>(address);
        // SAFETY: it lies inside the object, which stays mapped, and consists of atomics; words begin at a multiple of their size.
        Some(unsafe { &*word })
    }

    /// How many processes sleep on a word.
    fn census(&self, word: usize) -> Result<usize, Stop> {
        let Some(word) = self.word(word) else {
            return Ok(0);
        };
        // From the word to itself: nobody is woken and nobody moves, and the kernel says how many there are.
        let asleep = futex::requeue(word, Flags::empty(), 0, i32::MAX.cast_unsigned(), word);
        Ok(asleep.map_err(io::Error::from)?)
    }

    fn give_leave(&mut self, actor: usize, leave: Leave) -> Result<(), Stop> {
        match self.actors[actor].give_leave(leave)? {
            Said::Message(()) => Ok(()),
            Said::NothingMore(status) => Err(Stop::Ended(actor, status)),
        }
    }

    /// Waits for what a process says next.
    fn hear(&mut self, actor: usize) -> Result<(), Stop> {
        let operation = match self.actors[actor].hear()? {
            Said::Message(operation) => operation,
            Said::NothingMore(status) => return Err(Stop::Ended(actor, status)),
        };
        let last = self.steps.iter_mut().rev().find(|step| step.actor == actor);
        if let Some(step) = last {
            step.result = Some(operation.last_result);
        }
        Ok(())
    }

    /// Waits until so many sleep on the word.
    fn await_sleep(&mut self, actor: usize, word: usize, count: usize) -> Result<(), Stop> {
        self.actors[actor].status = Status::Asleep(word);
        let mut looks = 0;
        while self.census(word)? < count {
            if self.actors[actor].has_spoken()? {
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
                    if self.actors[actor].has_spoken()? {
                        self.hear(actor)?;
                    }
                }
                pause(&mut looks);
            }
        }
        Ok(())
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
