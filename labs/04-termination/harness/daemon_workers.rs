//! Driver of `daemon-workers`: has a main program start its workers, and watches how all of them end.
//!
//! Usage: `daemon-workers [HOW [WORKER…]]` (default: `returns logger:daemon backup-1 backup-2`). A WORKER is a name of up to 15
//! characters, with `:daemon` behind it where it is one; at most 8. HOW the main program ends:
//!
//! - `returns`: by itself, when the workers that are no daemons have done their work.
//! - `killed`: by SIGKILL, while all workers are at work.
//! - `killed-at-birth`: by SIGKILL, when its first child has been born and has not executed anything of its own yet.
//! - `killed-at-prctl`: by SIGKILL, when its first child is about to call prctl(2) with PR_SET_PDEATHSIG.
//!
//! Three generations: the driver, the main program, its workers. The driver is a subreaper: whoever loses the main program gets the
//! driver as its parent, so nothing is left behind.

use std::fmt;
use std::io;
use std::process::ExitCode;

use nix::sys::prctl::{get_name, set_child_subreaper};
use nix::unistd::{ForkResult, Pid, fork, getpid};

use crate::program::{Program, print_line, say};
use crate::watch;
use crate::wire::{Receiver, Sender, wire};

mod birth;
mod lead;
mod plan;

use birth::Place;
use lead::Lead;
use plan::{How, Plan};

/// What the student writes: the main program. Starts a process for each worker, waits for those that are no daemons, ends those
/// that are.
pub type RunMain = fn(workers: &[Worker]) -> io::Result<()>;

/// What a process is to do.
pub struct Worker {
    name: String,
    is_daemon: bool,
    index: u32,
    main: Pid,
    reports: Sender,
    /// The driver says here that the work is done.
    done: Receiver,
}

impl Worker {
    /// The name that the process is to have.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it ends with the main program.
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        self.is_daemon
    }

    /// Works, in the calling process. Returns when the work is done; that of a daemon is never done.
    pub fn run(&self) {
        if getpid() == self.main {
            say(&format!("{} works in no process of its own", self.name));
            end(1);
        }
        let is_named = get_name().is_ok_and(|name| name.as_bytes() == self.name.as_bytes());
        let report = if is_named { NAMED } else { UNNAMED };
        let pid = getpid().as_raw().cast_unsigned();
        if self.reports.send([report, self.index, pid]).is_err() {
            end(1);
        }
        match self.done.receive() {
            Ok(Some(_)) => {}
            // The driver is gone.
            _ => end(1),
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let daemon = if self.is_daemon { ":daemon" } else { "" };
        write!(f, "{}{daemon}", self.name)
    }
}

// What is reported: a worker is at work, under its name or another one; a child is born and waits.
const NAMED: u32 = 1;
const UNNAMED: u32 = 2;
const BORN: u32 = 3;

fn end(code: i32) -> ! {
    // SAFETY: `_exit` ends this process without running anything else of it.
    unsafe { nix::libc::_exit(code) }
}

/// Runs the exercise.
#[must_use]
pub fn drive(run_main: RunMain) -> ExitCode {
    let plan = match Plan::of_arguments() {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("usage: daemon-workers [HOW [WORKER…]]: {error}");
            return ExitCode::from(2);
        }
    };
    match lead(run_main, &plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the driver failed: {error}");
            ExitCode::from(2)
        }
    }
}

fn lead(run_main: RunMain, plan: &Plan) -> nix::Result<()> {
    set_child_subreaper(true)?;
    let driver = getpid();
    let (reports, reporter) = wire()?;
    let (gate, opener) = wire()?;
    let mut ends = Vec::new();
    for _ in &plan.workers {
        ends.push(wire()?);
    }
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let main = match unsafe { fork() }? {
        ForkResult::Child => {
            watch::end_with(driver);
            // The driver's ends are the driver's alone: with them its own end is seen by the workers.
            drop((reports, opener));
            let done: Vec<Receiver> = ends.into_iter().map(|(receiver, _)| receiver).collect();
            be_the_main_program(run_main, plan, done, reporter, gate)
        }
        ForkResult::Parent { child } => child,
    };
    let done = ends.into_iter().map(|(_, sender)| sender).collect();
    drop((reporter, gate));
    print_line(&format!("the main program is [pid {main}]"));
    let mut lead = Lead::of(plan, main, done)?;
    lead.follow(&reports, &opener)?;
    lead.clear_away();
    Ok(())
}

fn be_the_main_program(
    run_main: RunMain,
    plan: &Plan,
    done: Vec<Receiver>,
    reporter: Sender,
    gate: Receiver,
) -> ! {
    let program = Program::begin();
    let mut workers = Vec::new();
    for (index, (specified, done)) in (0_u32..).zip(plan.workers.iter().zip(done)) {
        let Ok(reports) = reporter.try_clone() else {
            end(1)
        };
        workers.push(Worker {
            name: specified.name.clone(),
            is_daemon: specified.is_daemon,
            index,
            main: getpid(),
            reports,
            done,
        });
    }
    match plan.how {
        How::KilledAtBirth => birth::hold_both(Place::Fork, reporter, gate),
        How::KilledAtPrctl => birth::hold_both(Place::Prctl, reporter, gate),
        How::Returns | How::Killed => drop(reporter),
    }
    let result = run_main(&workers);
    program.only_the_parent_returns_from("run_main");
    let code = match result {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("run_main failed: {error}");
            1
        }
    };
    end(code)
}
