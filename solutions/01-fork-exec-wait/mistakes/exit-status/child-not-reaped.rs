//! Mistake: WNOWAIT shows how the child has ended and leaves it where it is. Each child stays a zombie.

use std::process::ExitCode;

use fork_exec_wait::exit_status::{Ending, Outcome, drive};
use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, fork};

fn decode(word: i32) -> Outcome {
    if libc::WIFEXITED(word) {
        Outcome::Exited(libc::WEXITSTATUS(word))
    } else if libc::WIFSIGNALED(word) {
        Outcome::Killed {
            signal: libc::WTERMSIG(word),
            core: libc::WCOREDUMP(word),
        }
    } else if libc::WIFSTOPPED(word) {
        Outcome::Stopped(libc::WSTOPSIG(word))
    } else {
        Outcome::Continued
    }
}

fn end_children(endings: &[Ending]) -> nix::Result<Vec<Outcome>> {
    let mut children = Vec::new();
    for ending in endings {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let code = ending.approach();
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { libc::_exit(code) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    let mut outcomes = Vec::new();
    for child in children {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
        outcomes.push(match waitid(Id::Pid(child), flags)? {
            WaitStatus::Exited(_, code) => Outcome::Exited(code),
            WaitStatus::Signaled(_, signal, core) => Outcome::Killed {
                signal: signal as i32,
                core,
            },
            _ => return Err(Errno::EINVAL),
        });
    }
    Ok(outcomes)
}

fn main() -> ExitCode {
    drive(decode, end_children)
}
