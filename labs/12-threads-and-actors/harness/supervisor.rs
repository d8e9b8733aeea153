//! Driver of `supervisor`: an actor that fails at given times, on a clock that the driver moves.
//!
//! Usage: `supervisor [FAILURES SECONDS LIFE…]` (default `3 10 2:fails 3:killed 4:ends`). The supervisor is to give up when the actor
//! has failed FAILURES times within SECONDS. A LIFE says what becomes of the actor when it is started for the first time, the second
//! time and so on: how many seconds it lives, and whether it then `fails` (ends with code 1), is `killed` (by SIGKILL) or `ends`
//! (with code 0). The last one stands for all that come behind it.
//!
//! No time passes while the actor lives: its process moves the clock on, when the supervisor has nothing to do but wait, and ends.

mod plan;

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid};

use crate::program::{Program, print_line};
use crate::rest::{Rest, first_thread, until_at_rest};
use crate::shared::{Shareable, share};
use plan::{End, Life, Plan};

/// How many starts are noted.
const MOST: usize = 64;

/// So many starts after the one that should have been the last, the actor ends well, so that everybody comes to an end.
const TOO_MANY: usize = 10;

/// What is noted. The actor's processes share it with the driver.
struct Page {
    /// Seconds that have passed on the driver's clock.
    clock: AtomicU64,
    starts: AtomicU32,
    processes: [AtomicI32; MOST],
    asks_again: AtomicBool,
}

// SAFETY: a page consists of atomics, for which zeros are valid.
unsafe impl Shareable for Page {}

/// The actor. Each time that it is started it lives in a new process.
pub struct Actor<'a> {
    plan: &'a Plan,
    page: &'static Page,
    supervisor: Pid,
}

impl std::fmt::Debug for Actor<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the actor")
    }
}

impl Actor<'_> {
    /// Lives, in the calling process, and returns the exit code with which it is to end. It can also be killed.
    #[must_use]
    pub fn run(&self) -> i32 {
        let start = self.page.starts.fetch_add(1, Ordering::SeqCst) as usize;
        if let Some(process) = self.page.processes.get(start) {
            process.store(getpid().as_raw(), Ordering::SeqCst);
        }
        if start >= self.plan.starts() + TOO_MANY {
            return 0;
        }
        let is_own_process = getpid() != self.supervisor;
        if is_own_process && until_at_rest(|| vec![first_thread(self.supervisor)]) == Rest::Busy {
            self.page.asks_again.store(true, Ordering::SeqCst);
        }
        let Life { seconds, end } = self.plan.life(start);
        self.page.clock.fetch_add(seconds, Ordering::SeqCst);
        match end {
            End::Well => 0,
            End::Failure => 1,
            End::Killed if is_own_process => {
                let _ = kill(getpid(), Signal::SIGKILL);
                1
            }
            End::Killed => 1,
        }
    }
}

/// The driver's clock. It is moved on when the actor's life ends, not while anybody waits.
#[derive(Clone, Copy)]
pub struct Clock {
    page: &'static Page,
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the clock")
    }
}

impl Clock {
    /// How much time has passed since the beginning.
    #[must_use]
    pub fn now(&self) -> Duration {
        Duration::from_secs(self.page.clock.load(Ordering::SeqCst))
    }
}

/// When a supervisor gives up.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// After so many failures, at least 1,
    pub failures: usize,
    /// of which the first and the last are less than this apart.
    pub within: Duration,
}

/// What came of the supervision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The actor has ended with code 0.
    Finished,
    /// It has failed too often in too short a time.
    GaveUp,
}

/// What the student writes: start the actor, again and again where it fails, and say what came of it.
pub type Supervise = fn(actor: &Actor<'_>, policy: Policy, clock: Clock) -> io::Result<Outcome>;

/// Runs the exercise.
#[must_use]
pub fn drive(supervise: Supervise) -> ExitCode {
    let program = Program::begin();
    let plan = match Plan::of_arguments() {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("usage: supervisor [FAILURES SECONDS LIFE…]: {error}");
            return ExitCode::from(2);
        }
    };
    let page = match share::<Page>() {
        Ok(page) => page,
        Err(error) => {
            eprintln!("supervisor: no shared memory: {error}");
            return ExitCode::FAILURE;
        }
    };
    let supervisor = getpid();
    let actor = Actor {
        plan: &plan,
        page,
        supervisor,
    };
    print_line(&format!("the supervisor is [pid {supervisor}]"));
    let result = supervise(&actor, plan.policy(), Clock { page });
    program.end("supervise", result, |outcome| print(&plan, page, outcome))
}

fn print(plan: &Plan, page: &Page, outcome: Outcome) {
    let starts = page.starts.load(Ordering::SeqCst) as usize;
    let expected = plan.starts();
    let mut now = 0;
    // What comes behind the last start that should have been is told in one line.
    for start in 0..starts.min(expected) {
        let process = page.processes[start].load(Ordering::SeqCst);
        let Life { seconds, end } = plan.life(start);
        let begin = now;
        now += seconds;
        print_line(&format!(
            "start {}: [pid {process}] lives from {begin} s to {now} s and {}",
            start + 1,
            end.words()
        ));
    }
    print_line(match outcome {
        Outcome::Finished => "the actor has finished",
        Outcome::GaveUp => "the supervisor has given up",
    });
    faults(plan, page, outcome, starts);
}

fn faults(plan: &Plan, page: &Page, outcome: Outcome, starts: usize) {
    let Plan {
        failures, within, ..
    } = plan;
    let expected = plan.starts();
    let processes = page.processes[..starts.min(MOST)]
        .iter()
        .map(|it| it.load(Ordering::SeqCst));
    let mut processes: Vec<i32> = processes.collect();
    processes.sort_unstable();
    processes.dedup();
    if processes.contains(&getpid().as_raw()) || processes.len() < starts.min(MOST) {
        print_line("made up: not each start was a process of its own");
    }
    if starts > expected {
        print_line(&match plan.life(expected - 1).end {
            End::Well => {
                "needless: the actor was started again after it had ended with code 0".to_owned()
            }
            _ => format!(
                "storm: the actor was started again after it had failed {failures} times within {within} s"
            ),
        });
    } else if let Some(last) = starts.checked_sub(1).filter(|_| starts < expected) {
        print_line(&match (outcome, plan.life(last).end) {
            (Outcome::Finished, End::Killed) => {
                "unnoticed: a signal ended the actor, and that was taken for a good end".to_owned()
            }
            (Outcome::Finished, _) => {
                "unnoticed: the actor failed, and that was taken for a good end".to_owned()
            }
            (Outcome::GaveUp, _) => format!(
                "too early: the supervisor gave up before there were {failures} failures within {within} s"
            ),
        });
    }
    if page.asks_again.load(Ordering::SeqCst) {
        print_line("asks again: the supervisor asks again and again instead of waiting");
    }
}
