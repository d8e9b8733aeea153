//! Driver of `stuck-worker`: workers that obey, and one that does not.
//!
//! Usage: `stuck-worker [WORKER…]` (default: `other stuck other obeys`), up to 12. Workers are forked in this order, and all but
//! the `other` ones are to be stopped:
//!
//! - `obeys`: handles SIGTERM, cleans up, and ends with exit code 0.
//! - `stuck`: ignores SIGTERM, as a program might that hangs in a loop or has blocked the signal.
//! - `ended`: has ended with exit code 3 before anybody asks.
//! - `other`: goes on with its work while its siblings are stopped, and ends with exit code 0.
//!
//! All workers are in one process group, as the processes of a shell's job are. Nobody is stopped before all are ready.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask,
};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, pause, setpgid};

use crate::program::{print_line, say};
use crate::watch;
use crate::wire::{Receiver, Sender, wire};

/// The most workers.
const MOST: usize = 12;

/// What a worker gets that ends as soon as it is asked: far more than it needs on the busiest machine.
const LONG_GRACE: Duration = Duration::from_secs(3);

/// What a stuck worker gets.
const SHORT_GRACE: Duration = Duration::from_millis(500);

/// The exit code of a worker that has ended before.
const ENDED: i32 = 3;

/// What the student writes: stops a child of the calling process, and returns its exit code, −n for signal n.
pub type Stop = fn(worker: Pid, grace: Duration) -> io::Result<i32>;

/// What a worker does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Obeys,
    Stuck,
    Ended,
    Other,
}

impl Kind {
    const ALL: [(&'static str, Self); 4] = [
        ("obeys", Self::Obeys),
        ("stuck", Self::Stuck),
        ("ended", Self::Ended),
        ("other", Self::Other),
    ];

    fn of(word: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(name, _)| *name == word);
        found.map(|(_, kind)| kind)
    }

    fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    fn grace(self) -> Duration {
        match self {
            Self::Stuck => SHORT_GRACE,
            Self::Obeys | Self::Ended | Self::Other => LONG_GRACE,
        }
    }
}

/// A worker, as the driver knows it.
#[derive(Debug)]
struct Worker {
    kind: Kind,
    pid: Pid,
    /// Lets it end, if it is one that nobody stops.
    done: Sender,
}

/// Runs the exercise.
#[must_use]
pub fn drive(stop: Stop) -> ExitCode {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() {
        words = ["other", "stuck", "other", "obeys"]
            .map(String::from)
            .into();
    }
    let kinds: Option<Vec<Kind>> = words.iter().map(|word| Kind::of(word)).collect();
    let Some(kinds) = kinds.filter(|kinds| kinds.len() <= MOST) else {
        eprintln!("usage: stuck-worker [WORKER…] (up to {MOST} of obeys, stuck, ended, other)");
        return ExitCode::from(2);
    };
    match lead(stop, &kinds) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the driver failed: {error}");
            ExitCode::from(2)
        }
    }
}

fn lead(stop: Stop, kinds: &[Kind]) -> nix::Result<()> {
    let workers = hire(kinds)?;
    let numbered = || (1..).zip(&workers);
    for (number, worker) in numbered().filter(|(_, worker)| worker.kind != Kind::Other) {
        let name = format!("worker {number} ({})", worker.kind.word());
        match stop(worker.pid, worker.kind.grace()) {
            Ok(code) => print_line(&format!("{name}: exit code {code}")),
            Err(error) => print_line(&format!("{name}: stop failed: {error}")),
        }
        if is_unreaped(worker.pid) {
            print_line(&format!("{name} has not been waited for"));
            // What is left is the driver's business.
            let _ = nix::sys::signal::kill(worker.pid, Signal::SIGKILL);
            waitpid(worker.pid, None)?;
        }
    }
    for (number, worker) in numbered().filter(|(_, worker)| worker.kind == Kind::Other) {
        // One that somebody has killed does not listen any more.
        let _ = worker.done.send([0; 3]);
        let how = match waitpid(worker.pid, None) {
            Ok(WaitStatus::Exited(_, code)) => format!("exit code {code}"),
            Ok(WaitStatus::Signaled(_, signal, _)) => {
                format!("stopped by {signal}, though it had done nothing")
            }
            Ok(other) => format!("{other:?}"),
            Err(errno) => format!("waited for by somebody else ({errno})"),
        };
        print_line(&format!("worker {number} (other): {how}"));
    }
    Ok(())
}

/// Whether a process is the caller's child still: one that runs, or a zombie.
fn is_unreaped(child: Pid) -> bool {
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    waitid(Id::Pid(child), look).is_ok()
}

/// Forks the workers, and waits until all of them are ready.
fn hire(kinds: &[Kind]) -> nix::Result<Vec<Worker>> {
    let driver = getpid();
    let (ready, is_ready) = wire()?;
    let mut workers: Vec<Worker> = Vec::new();
    for kind in kinds {
        let (may_end, done) = wire()?;
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                watch::end_with(driver);
                let code = be_a_worker(*kind, &is_ready, &may_end).unwrap_or(1);
                // SAFETY: `_exit` does not return, and leaves the driver's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child } => {
                // One group for all, with the number of the first.
                let group = workers.first().map_or(child, |first| first.pid);
                setpgid(child, group)?;
                workers.push(Worker {
                    kind: *kind,
                    pid: child,
                    done,
                });
            }
        }
        ready.receive()?;
        if *kind == Kind::Ended
            && let Some(worker) = workers.last()
        {
            watch::wait_for_end(worker.pid);
        }
    }
    Ok(workers)
}

extern "C" fn wake(_: i32) {}

fn be_a_worker(kind: Kind, is_ready: &Sender, may_end: &Receiver) -> nix::Result<i32> {
    let term = SigSet::from(Signal::SIGTERM);
    let action = match kind {
        Kind::Obeys => SigHandler::Handler(wake),
        Kind::Stuck => SigHandler::SigIgn,
        Kind::Ended | Kind::Other => SigHandler::SigDfl,
    };
    let action = SigAction::new(action, SaFlags::empty(), SigSet::empty());
    if kind == Kind::Obeys {
        // Blocked, so that it comes in the sleep and nowhere else.
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&term), None)?;
    }
    // SAFETY: the handler does nothing.
    unsafe { sigaction(Signal::SIGTERM, &action) }?;
    is_ready.send([0; 3])?;
    match kind {
        Kind::Obeys => {
            SigSet::empty().suspend()?;
            say("was asked to end, cleans up and ends");
            Ok(0)
        }
        Kind::Stuck => loop {
            pause();
        },
        Kind::Ended => Ok(ENDED),
        Kind::Other => {
            may_end.receive()?;
            say("has done its work");
            Ok(0)
        }
    }
}
