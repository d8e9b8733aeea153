//! Driver of `scoreboard`: workers that say what they do, and a master that shows it.
//!
//! Usage: `scoreboard [WORKERS [REQUESTS]]` (default `3 2`; 2 to 6 workers, up to 50 requests).
//!
//! At first one process publishes and another one reads, in every order that matters. Then workers serve: the first one REQUESTS
//! requests, the second one more than that, and so on. A feature is switched on and off between requests. At last a worker is killed in
//! the middle of a request.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid};

use crate::program::{Program, print_line, say};
use crate::shared::stage::{Stage, Status, Task};
use crate::shared::{Failure, Shareable, What, enumerate, place};
use crate::watch;
use crate::wire::{Receiver, Sender, wire};

const MOST_WORKERS: u32 = 6;
const MOST_REQUESTS: u32 = 50;

/// How often the writer publishes in a schedule.
const PUBLISHED: u32 = 3;

/// What a worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// It waits for a request.
    Idle = 0,
    /// It has a request in hand.
    Busy = 1,
    /// It has ended, and nobody has waited for it. No worker can publish that.
    Zombie = 2,
}

impl State {
    /// The state with this number: `State::Busy as u8` is 1.
    #[must_use]
    pub fn of_number(number: u8) -> Option<Self> {
        [Self::Idle, Self::Busy, Self::Zombie]
            .into_iter()
            .find(|state| *state as u8 == number)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Busy => "busy",
            Self::Zombie => "zombie",
        }
    }
}

/// A worker, as the master knows it.
#[derive(Debug)]
pub struct Worker<S: 'static> {
    /// Its process, a child of the master that nobody has waited for.
    pub pid: Pid,
    /// Where it publishes.
    pub slot: &'static S,
}

/// What the master shows of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// What it does.
    pub state: State,
    /// How many requests it has served.
    pub served: u32,
}

/// A feature that the master switches on and off, in shared memory.
#[derive(Debug)]
pub struct Feature {
    is_on: AtomicBool,
}

// SAFETY: it is an atomic.
unsafe impl Shareable for Feature {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

impl Feature {
    /// Whether it is on at this moment.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.is_on.load(Ordering::Acquire)
    }
}

/// Where a worker's requests come from.
#[derive(Debug)]
pub struct Requests {
    number: u32,
    inbox: Receiver,
    reports: Sender,
    /// Lets slow requests go on.
    gate: Receiver,
}

/// A request.
#[derive(Debug)]
pub struct Request<'a> {
    of: &'a Requests,
    is_slow: bool,
}

/// First words of reports: a worker asks for a request; it has a slow one in hand; it has answered with the feature, or without it.
const ASKS: u32 = 0;
const HOLDS: u32 = 1;
const WITH: u32 = 2;
const WITHOUT: u32 = 3;

impl Requests {
    /// Waits for the next request; `None` when the worker is to end.
    ///
    /// # Errors
    /// When the system refuses to wait.
    pub fn next(&self) -> io::Result<Option<Request<'_>>> {
        self.reports.send([ASKS, self.number]);
        let request = self.inbox.receive()?;
        Ok(request.map(|[is_slow, _]| Request {
            of: self,
            is_slow: is_slow > 0,
        }))
    }
}

impl Request<'_> {
    /// Serves the request: with the feature, or without it. It takes its time.
    ///
    /// # Errors
    /// When the system refuses to wait.
    pub fn answer(self, with_feature: bool) -> io::Result<()> {
        let Requests {
            number,
            reports,
            gate,
            ..
        } = self.of;
        if self.is_slow {
            reports.send([HOLDS, *number]);
            gate.receive()?;
        }
        reports.send([if with_feature { WITH } else { WITHOUT }, *number]);
        Ok(())
    }
}

/// The student's functions: a new slot; publish to it; read it; what a worker does; and what the master shows.
struct Functions<S: 'static> {
    new: fn() -> S,
    publish: fn(&S, State, u32),
    read: fn(&S) -> (State, u32),
    work: fn(&S, &Feature, &Requests) -> io::Result<()>,
    survey: fn(&[Worker<S>]) -> io::Result<Vec<Row>>,
}

impl<S> Clone for Functions<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Functions<S> {}

/// Runs the exercise with the student's functions.
#[must_use]
pub fn drive<S: Shareable>(
    new: fn() -> S,
    publish: fn(&S, State, u32),
    read: fn(&S) -> (State, u32),
    work: fn(&S, &Feature, &Requests) -> io::Result<()>,
    survey: fn(&[Worker<S>]) -> io::Result<Vec<Row>>,
) -> ExitCode {
    let program = Program::begin();
    let Some((workers, requests)) = arguments() else {
        eprintln!(
            "usage: scoreboard [WORKERS [REQUESTS]]: 2 to {MOST_WORKERS} workers, up to {MOST_REQUESTS} requests"
        );
        return ExitCode::from(2);
    };
    let it = Functions {
        new,
        publish,
        read,
        work,
        survey,
    };
    match published_together(it) {
        Ok(line) => print_line(line),
        Err(failure) => {
            return failure.tell(|_| "a process sleeps, though none has to wait".to_owned());
        }
    }
    program.end("the driver", serve(it, workers, requests), |()| {
        print_line("all workers have ended");
    })
}

fn arguments() -> Option<(u32, u32)> {
    let mut words = std::env::args().skip(1);
    let workers = words.next().map_or(Some(3), |word| word.parse().ok())?;
    let requests = words.next().map_or(Some(2), |word| word.parse().ok())?;
    let is_possible = (2..=MOST_WORKERS).contains(&workers) && requests <= MOST_REQUESTS;
    (words.next().is_none() && is_possible).then_some((workers, requests))
}

/// What the reader of a schedule has read, as the driver notes it. No schedule puts these words in order.
struct Note {
    state: AtomicU64,
    served: AtomicU64,
}

// SAFETY: it consists of atomics.
unsafe impl Shareable for Note {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

const NOTHING: u64 = u64::MAX;

/// The state that goes with a count, in a schedule. The counts differ in all their halves.
fn state_with(served: u32) -> State {
    if served % 2 == 1 {
        State::Busy
    } else {
        State::Idle
    }
}

fn published_together<S: Shareable>(it: Functions<S>) -> Result<&'static str, Failure> {
    let slot = place((it.new)()).map_err(refused)?;
    let note = place(Note {
        state: AtomicU64::new(NOTHING),
        served: AtomicU64::new(NOTHING),
    })
    .map_err(refused)?;
    let write = move || {
        for served in 1..=PUBLISHED {
            (it.publish)(slot, state_with(served), served);
        }
        // A play leaves things as it has found them.
        (it.publish)(slot, State::Idle, 0);
    };
    let look = move || {
        let (state, served) = (it.read)(slot);
        note.state.store(state as u64, Ordering::SeqCst);
        note.served.store(served.into(), Ordering::SeqCst);
    };
    (it.publish)(slot, State::Idle, 0);
    let tasks: Vec<Task> = vec![Box::new(write), Box::new(look)];
    let mut stage = Stage::open(slot, &[], tasks).map_err(refused)?;
    let played = enumerate(&mut stage, &|stage| {
        if stage.status(1) != Status::Finished {
            return None;
        }
        let state = note.state.load(Ordering::SeqCst);
        let served = u32::try_from(note.served.load(Ordering::SeqCst)).ok()?;
        let is_right = served <= PUBLISHED && state == state_with(served) as u64;
        (!is_right).then(|| {
            let state = u8::try_from(state).ok().and_then(State::of_number);
            let word = state.map_or("nothing", State::word);
            format!("torn: `{word}` and {served} were read together, and never published together")
        })
    });
    let closed = stage.close();
    played?;
    closed.map_err(refused)?;
    Ok("in every schedule: what is read together was published together")
}

/// What the system refused, before any step was done.
fn refused(error: impl Into<io::Error>) -> Failure {
    Failure {
        what: What::System(error.into()),
        story: Vec::new(),
    }
}

/// The workers, and the master's ends of what they are connected by.
struct Crew<S: 'static> {
    workers: Vec<Worker<S>>,
    inboxes: Vec<Sender>,
    gates: Vec<Sender>,
    reports: Receiver,
}

fn serve<S: Shareable>(it: Functions<S>, count: u32, requests: u32) -> io::Result<()> {
    let feature = place(Feature {
        is_on: AtomicBool::new(false),
    })?;
    let mut crew = hire(it, feature, count)?;
    for (worker, requests) in (0..count).zip(requests..) {
        for _ in 0..requests {
            crew.ask(worker, false)?;
            crew.expect(worker, &[WITHOUT])?;
            crew.expect(worker, &[ASKS])?;
        }
    }
    show(it, &crew, "after their requests")?;
    for is_on in [true, false] {
        feature.is_on.store(is_on, Ordering::Release);
        let word = if is_on { "on" } else { "off" };
        for worker in 0..count {
            crew.ask(worker, false)?;
            let answered_with = crew.expect(worker, &[WITH, WITHOUT])? == WITH;
            crew.expect(worker, &[ASKS])?;
            if answered_with != is_on {
                print_line(&format!(
                    "stale: the feature is {word}, and worker {} has not noticed",
                    worker + 1
                ));
            }
        }
        print_line(&format!("the feature is {word}: a request for each worker"));
    }
    // The second worker has a request in hand, and the last one does not come to its end.
    crew.ask(1, true)?;
    crew.expect(1, &[HOLDS])?;
    show(it, &crew, "in the middle of a request")?;
    let victim = crew.workers[1].pid;
    kill(victim, Signal::SIGKILL)?;
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    waitid(Id::Pid(victim), look)?;
    show(it, &crew, "after a worker was killed")?;
    crew.inboxes.clear();
    crew.gates.clear();
    for (number, worker) in (1..).zip(&crew.workers) {
        match waitpid(worker.pid, None) {
            Ok(WaitStatus::Exited(_, 0)) => {}
            Ok(WaitStatus::Signaled(pid, Signal::SIGKILL, _)) if pid == victim => {}
            Ok(other) => print_line(&format!("worker {number}: {other:?}")),
            Err(_) => print_line(&format!("worker {number} was waited for by a survey")),
        }
    }
    Ok(())
}

/// Forks the workers, and waits until all of them ask for a request.
fn hire<S: Shareable>(
    it: Functions<S>,
    feature: &'static Feature,
    count: u32,
) -> io::Result<Crew<S>> {
    let driver = getpid();
    let (reports, sender) = wire()?;
    let mut crew = Crew {
        workers: Vec::new(),
        inboxes: Vec::new(),
        gates: Vec::new(),
        reports,
    };
    for number in 0..count {
        let slot = place((it.new)())?;
        let (inbox, to_inbox) = wire()?;
        let (gate, to_gate) = wire()?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                watch::end_with(driver);
                // With copies of these nobody would see the end of the requests.
                drop((crew.inboxes, crew.gates, to_inbox, to_gate));
                let requests = Requests {
                    number,
                    inbox,
                    reports: sender,
                    gate,
                };
                let result = (it.work)(slot, feature, &requests);
                say(&format!("worker {} ends", number + 1));
                // SAFETY: `_exit` does not return, and leaves the driver's buffers alone.
                unsafe { nix::libc::_exit(i32::from(result.is_err())) }
            }
            ForkResult::Parent { child: pid } => {
                crew.workers.push(Worker { pid, slot });
                crew.inboxes.push(to_inbox);
                crew.gates.push(to_gate);
            }
        }
        crew.expect(number, &[ASKS])?;
    }
    Ok(crew)
}

impl<S> Crew<S> {
    fn ask(&self, worker: u32, is_slow: bool) -> io::Result<()> {
        let inbox = usize::try_from(worker)
            .ok()
            .and_then(|it| self.inboxes.get(it));
        let inbox = inbox.ok_or(io::ErrorKind::NotFound)?;
        inbox.send([is_slow.into(), 0]);
        Ok(())
    }

    /// Waits for a report of this worker, one of those that can come now, and returns which.
    fn expect(&self, worker: u32, wanted: &[u32]) -> io::Result<u32> {
        let report = self.reports.receive()?;
        match report {
            Some([what, number]) if number == worker && wanted.contains(&what) => Ok(what),
            Some([_, number]) => Err(io::Error::other(format!(
                "worker {} does something else than expected",
                number + 1
            ))),
            None => Err(io::Error::other("all workers have gone")),
        }
    }
}

fn show<S>(it: Functions<S>, crew: &Crew<S>, when: &str) -> io::Result<()> {
    print_line(&format!("{when}:"));
    let rows = (it.survey)(&crew.workers)?;
    for (number, row) in (1..).zip(&rows) {
        let Row { state, served } = row;
        print_line(&format!(
            "  worker {number}: {}, {served} served",
            state.word()
        ));
    }
    let is_dead = |worker: &Worker<S>| {
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
        !matches!(
            waitid(Id::Pid(worker.pid), look),
            Ok(WaitStatus::StillAlive)
        )
    };
    for (number, (worker, row)) in (1..).zip(crew.workers.iter().zip(&rows)) {
        if is_dead(worker) && row.state != State::Zombie {
            print_line(&format!("counted alive: worker {number} has ended"));
        }
    }
    Ok(())
}
