//! Driver of `graceful-worker`: gives a worker tasks, asks it to stop, and tells what it has done.
//!
//! Usage: `graceful-worker [REQUEST [WHEN [TASKS]]]` (default: `SIGTERM in-task-2 4`).
//! REQUEST is how the worker is asked: SIGTERM, SIGINT, or `event`, the shared stop event. WHEN is the moment:
//!
//! - `in-task-K`: while the worker waits for its device in the middle of task K.
//! - `idle`: when all tasks are done, between the worker's last test and its sleep. A task comes there first, the
//!   request the next time that the worker goes to sleep.
//! - `asleep`: when all tasks are done and nothing has happened for half a second.
//!
//! Nothing of that is left to chance: see `gate`. The driver's process is the worker's device, which answers its steps, so it knows
//! what the worker does and when it sleeps.

use std::fmt;
use std::io;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, getpid};

use crate::program::{print_line, say};
use crate::shared::{Shareable, share};
use crate::watch;
use crate::wire::{Receiver, Sender, wire};

mod gate;
mod lead;
mod plan;

use lead::Lead;
use plan::{Plan, Request};

/// Steps of each task.
const STEPS: u32 = 3;

/// What the student writes: a worker that does the tasks of the inbox until it is asked to stop.
pub type Work = fn(inbox: &mut Inbox, stop: &StopEvent) -> io::Result<()>;

/// Where tasks come in. Whoever puts one in sends the worker SIGUSR1 afterwards.
#[derive(Debug)]
pub struct Inbox {
    site: &'static Site,
    taken: u32,
}

/// A task: some steps on a device, which take their time.
#[derive(Debug)]
pub struct Task {
    site: &'static Site,
    number: u32,
    done: u32,
    /// Whether the device has been told to do the next step.
    ordered: bool,
}

/// The shared stop event: a word in memory that the worker shares with its parent. Whoever sets it sends the worker
/// SIGUSR1 afterwards.
#[derive(Debug)]
pub struct StopEvent {
    site: &'static Site,
}

impl Inbox {
    /// Takes a task out, if one is there. It never waits.
    pub fn take(&mut self) -> Option<Task> {
        let board = self.site.board;
        if self.taken < board.tasks.load(Ordering::Acquire) {
            self.taken += 1;
            board.is_idle.store(false, Ordering::Release);
            self.site.report([BEGUN, self.taken, 0]);
            return Some(Task {
                site: self.site,
                number: self.taken,
                done: 0,
                ordered: false,
            });
        }
        let is_due = board.arrived.load(Ordering::Acquire) < self.site.plan.arrivals_at_the_gate();
        if is_due && !board.is_idle.swap(true, Ordering::AcqRel) {
            self.site.report([IDLE, 0, 0]);
        }
        None
    }
}

impl Task {
    /// Waits for the device to do the next step. Returns false when there was none left.
    ///
    /// # Errors
    /// `Interrupted` (EINTR), when the handler of a signal ran while the step was waited for. The device goes on with the step; to
    /// wait for it again, call this again.
    pub fn step(&mut self) -> io::Result<bool> {
        if self.done == STEPS {
            return Ok(false);
        }
        if !self.ordered {
            self.site.report([STEP, self.number, self.done + 1]);
            self.ordered = true;
        }
        match self.site.device.receive_once()? {
            Some(_) => {
                self.ordered = false;
                self.done += 1;
                Ok(true)
            }
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl StopEvent {
    /// Whether the event is set. It never waits.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.site.board.is_stop_set.load(Ordering::Acquire)
    }
}

// What the worker reports.
const BEGUN: u32 = 1;
const STEP: u32 = 2;
const IDLE: u32 = 3;
const ARRIVED: u32 = 4;

/// What worker and driver share.
#[derive(Debug)]
struct Board {
    /// How many tasks have been put in.
    tasks: AtomicU32,
    is_stop_set: AtomicBool,
    /// Whether the worker has found nothing to do, and nothing has come since.
    is_idle: AtomicBool,
    /// How much has come at the gate.
    arrived: AtomicU32,
}

// SAFETY: a board consists of atomics, for which zeros are valid.
unsafe impl Shareable for Board {}

/// What is the same for the whole run.
struct Site {
    plan: Plan,
    board: &'static Board,
    reports: Option<Sender>,
    device: Receiver,
}

// A `todo!` that prints an inbox is to name it, not to list what belongs to the driver.
impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// The worker's site, for the gate, which has no arguments.
static WORKERS_SITE: OnceLock<&'static Site> = OnceLock::new();

/// What is done when the worker begins to sleep.
fn at_the_gate() {
    if let Some(site) = WORKERS_SITE.get() {
        site.arrive(getpid());
    }
}

impl Site {
    /// In the worker: tells the driver.
    fn report(&self, words: [u32; 3]) {
        // A driver that has gone takes its worker with it.
        let _ = self.reports.as_ref().map(|reports| reports.send(words));
    }

    /// Lets come what is due next, if the worker is idle. Returns whether that was the request.
    fn arrive(&self, worker: Pid) -> bool {
        if !self.board.is_idle.swap(false, Ordering::AcqRel) {
            return false;
        }
        let number = self.board.arrived.fetch_add(1, Ordering::AcqRel) + 1;
        let is_request = number == self.plan.arrivals_at_the_gate();
        // Reported first: what the worker does afterwards, it does afterwards.
        self.report([ARRIVED, u32::from(is_request), 0]);
        if is_request {
            self.request(worker);
        } else {
            self.board.tasks.fetch_add(1, Ordering::AcqRel);
            let _ = kill(worker, Signal::SIGUSR1);
        }
        is_request
    }

    /// Asks the worker to stop, and returns the signal that it gets.
    fn request(&self, worker: Pid) -> Signal {
        let signal = match self.plan.request {
            Request::Signal(signal) => signal,
            Request::Event => {
                self.board.is_stop_set.store(true, Ordering::Release);
                Signal::SIGUSR1
            }
        };
        // An error would mean that it has ended: the driver sees that anyway.
        let _ = kill(worker, signal);
        signal
    }
}

/// Runs the exercise.
#[must_use]
pub fn drive(work: Work) -> ExitCode {
    match Plan::of_arguments() {
        Ok(plan) => match run(work, plan) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("the driver failed: {error}");
                ExitCode::from(2)
            }
        },
        Err(error) => {
            eprintln!("usage: graceful-worker [REQUEST [WHEN [TASKS]]]: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(work: Work, plan: Plan) -> nix::Result<()> {
    let (from_worker, reports) = wire()?;
    let (device, to_worker) = wire()?;
    let board = share::<Board>()?;
    board.tasks.store(plan.tasks, Ordering::Relaxed);
    let mut site = Site {
        plan,
        board,
        reports: Some(reports),
        device,
    };
    let driver = getpid();
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            watch::end_with(driver);
            drop((from_worker, to_worker));
            be_the_worker(work, Box::leak(Box::new(site)))
        }
        ForkResult::Parent { child } => {
            // The worker's end closes the last one, and that is how it shows.
            site.reports = None;
            let mut lead = Lead::of(&site, child, to_worker);
            print_line(&format!("the worker is [pid {child}]"));
            lead.follow(&from_worker)?;
            let status = waitpid(child, None)?;
            lead.tell(status);
            Ok(())
        }
    }
}

fn be_the_worker(work: Work, site: &'static Site) -> ! {
    let _ = WORKERS_SITE.set(site);
    gate::install(at_the_gate);
    let mut inbox = Inbox { site, taken: 0 };
    let code = match work(&mut inbox, &StopEvent { site }) {
        Ok(()) => 0,
        Err(error) => {
            say(&format!("the worker failed: {error}"));
            1
        }
    };
    // SAFETY: `_exit` does not return, and leaves the driver's buffers alone.
    unsafe { nix::libc::_exit(code) }
}
