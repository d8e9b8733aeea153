//! Driver of `reap-all`: starts children that end in reverse order, and prints what is known of each.
//!
//! Usage: `reap-all [--interrupted] [ENDING…]`. An ENDING is an exit code, or minus the number of a signal. With `--interrupted` the
//! first child sends a signal while the main process waits for it.

use std::fs;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::wait::WaitStatus;
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid, pipe2, read};

use crate::ending::{Ending, in_words};
use crate::kernel::{row, wait_until};
use crate::program::{Program, print_line, say};
use crate::shared::share;

/// More children than any case has.
const MOST: usize = 50;

/// What the student writes: reap every child that this process has, and return the status of each.
pub type ReapAll = fn() -> nix::Result<Vec<WaitStatus>>;

/// How long the first child waits for a main process that sleeps. One that does not sleep is not interrupted.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often the handler ran, in memory that the children share.
static HANDLED: OnceLock<&AtomicI32> = OnceLock::new();

extern "C" fn take_note(_: i32) {
    // An atomic addition is async-signal-safe, and so is reading a cell that was filled before the handler was installed.
    if let Some(handled) = HANDLED.get() {
        handled.fetch_add(1, Ordering::Release);
    }
}

/// Runs the exercise.
#[must_use]
pub fn drive(reap_all: ReapAll) -> ExitCode {
    let program = Program::begin();
    let mut words = std::env::args().skip(1).peekable();
    let is_interrupted = words.next_if(|word| word == "--interrupted").is_some();
    let endings: Option<Vec<Ending>> = words.map(|word| word.parse().ok()).collect();
    let Some(endings) = endings.filter(|endings| endings.len() <= MOST) else {
        eprintln!(
            "usage: reap-all [--interrupted] [ENDING…]: exit codes, or signals as negative numbers"
        );
        return ExitCode::from(2);
    };
    let children = match interruptible().and_then(|()| start(&endings, is_interrupted)) {
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
    let handled = share::<AtomicI32>()?;
    HANDLED.get_or_init(|| handled);
    let action = SigAction::new(
        SigHandler::Handler(take_note),
        SaFlags::empty(),
        SigSet::empty(),
    );
    // SAFETY: the handler calls nothing that is not async-signal-safe.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}

/// Starts a child for each ending. The last one ends first, and each of the others when the one after it has closed its end of a pipe,
/// which is when it ends.
fn start(endings: &[Ending], is_interrupted: bool) -> nix::Result<Vec<Pid>> {
    let main = getpid();
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
                if is_interrupted && children.is_empty() {
                    interrupt(main);
                }
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

/// In the last child that is left: sends a signal to the main process, which waits for this one, and waits until its handler has run.
fn interrupt(main: Pid) {
    let deadline = Instant::now() + PATIENCE;
    let is_late = || Instant::now() > deadline;
    let own = getpid().to_string();
    let is_alone = || {
        let children = fs::read_to_string(format!("/proc/{main}/task/{main}/children"));
        children.is_ok_and(|text| text.trim() == own)
    };
    let sleeps = || row(main).is_some_and(|row| row.state == 'S');
    // Only the parent can be signaled by its number: for as long as it is the parent, the number is its own.
    let is_parent = || getppid() == main;
    wait_until(|| is_late() || !is_parent() || (is_alone() && sleeps()));
    let handled = || {
        HANDLED
            .get()
            .is_none_or(|it| it.load(Ordering::Acquire) > 0)
    };
    if is_parent() && kill(main, Signal::SIGUSR1).is_ok() {
        wait_until(|| is_late() || !is_parent() || handled());
    }
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
