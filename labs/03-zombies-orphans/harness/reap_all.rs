//! Driver of `reap-all`: starts children that end in reverse order, and prints what is known of each.
//!
//! Usage: `reap-all [ENDING…]`. An ENDING is an exit code, or minus the number of a signal.

use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::WaitStatus;
use nix::unistd::{ForkResult, Pid, fork, pipe2, read};

use crate::ending::{Ending, in_words};
use crate::program::{Program, print_line, say};

/// More children than any case has.
const MOST: usize = 50;

/// What the student writes: reap every child that this process has, and return the status of each.
pub type ReapAll = fn() -> nix::Result<Vec<WaitStatus>>;

extern "C" fn take_note(_: i32) {}

/// Runs the exercise.
#[must_use]
pub fn drive(reap_all: ReapAll) -> ExitCode {
    let program = Program::begin();
    let endings: Option<Vec<Ending>> = std::env::args()
        .skip(1)
        .map(|word| word.parse().ok())
        .collect();
    let Some(endings) = endings.filter(|endings| endings.len() <= MOST) else {
        eprintln!("usage: reap-all [ENDING…]: exit codes, or signals as negative numbers");
        return ExitCode::from(2);
    };
    let children = match interruptible().and_then(|()| start(&endings)) {
        Ok(children) => children,
        Err(error) => {
            eprintln!("reap-all cannot start its children: {error}");
            return ExitCode::FAILURE;
        }
    };
    program.end("reap_all", reap_all(), |statuses| {
        print_statuses(&children, &statuses);
    })
}

/// A handler without SA_RESTART, as many programs have one: a signal interrupts whatever the program waits for.
fn interruptible() -> nix::Result<()> {
    let action = SigAction::new(
        SigHandler::Handler(take_note),
        SaFlags::empty(),
        SigSet::empty(),
    );
    // SAFETY: the handler does nothing at all.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}

/// Starts a child for each ending. The last one ends first, and each of the others when the one after it has closed its end of a pipe,
/// which is when it ends.
fn start(endings: &[Ending]) -> nix::Result<Vec<Pid>> {
    let mut children = Vec::new();
    let mut hold_back: Option<OwnedFd> = None;
    for ending in endings {
        let (signal_to_end, next_hold_back) = pipe2(OFlag::O_CLOEXEC)?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                // Otherwise it would hold itself back. The one of its predecessor stays open until it ends.
                drop(next_hold_back);
                while read(&signal_to_end, &mut [0]) == Err(Errno::EINTR) {}
                say("ends");
                ending.meet()
            }
            ForkResult::Parent { child } => {
                children.push(child);
                hold_back = Some(next_hold_back);
            }
        }
    }
    // Now nobody holds the last one back.
    drop(hold_back);
    Ok(children)
}

/// Prints the status of each child that was started, in the order of their start, and what else came.
pub(crate) fn print_statuses(children: &[Pid], statuses: &[WaitStatus]) {
    for (index, child) in children.iter().enumerate() {
        let number = index + 1;
        let mut own = statuses.iter().filter(|it| it.pid() == Some(*child));
        match own.next() {
            Some(status) => print_line(&format!("child {number}: {}", in_words(*status))),
            None => print_line(&format!("child {number}: no status came")),
        }
        if own.next().is_some() {
            print_line(&format!("child {number}: more than one status came"));
        }
    }
    let is_known = |status: &&WaitStatus| status.pid().is_some_and(|pid| children.contains(&pid));
    if statuses.iter().any(|status| !is_known(&status)) {
        print_line("and a status of somebody who is no child of this program");
    }
}
