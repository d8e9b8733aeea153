//! Variant: nix decodes the words, and waitid(2) the ends of the children, one child at a time.

use std::process::ExitCode;

use fork_exec_wait::exit_status::{Ending, Outcome, drive};
use nix::libc;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, Pid, fork};

fn decode(word: i32) -> Outcome {
    let status = WaitStatus::from_raw(Pid::this(), word);
    outcome(status.unwrap_or(WaitStatus::StillAlive))
}

fn outcome(status: WaitStatus) -> Outcome {
    match status {
        WaitStatus::Exited(_, code) => Outcome::Exited(code),
        WaitStatus::Signaled(_, signal, core) => Outcome::Killed {
            signal: signal as i32,
            core,
        },
        WaitStatus::Stopped(_, signal) => Outcome::Stopped(signal as i32),
        WaitStatus::Continued(_) => Outcome::Continued,
        other => unreachable!("no status of these words: {other:?}"),
    }
}

fn end_children(endings: &[Ending]) -> nix::Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    for ending in endings {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            ForkResult::Child => unsafe { libc::_exit(ending.approach()) },
            ForkResult::Parent { child } => {
                outcomes.push(outcome(waitid(Id::Pid(child), WaitPidFlag::WEXITED)?));
            }
        }
    }
    Ok(outcomes)
}

fn main() -> ExitCode {
    drive(decode, end_children)
}
