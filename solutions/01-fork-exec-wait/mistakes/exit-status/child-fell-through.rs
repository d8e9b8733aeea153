//! Mistake: a child that is not killed by its signal goes on in the parent's code.

use std::process::ExitCode;

use fork_exec_wait::exit_status::{Ending, Outcome, drive};
use nix::errno::Errno;
use nix::libc;
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
                return Ok(vec![Outcome::Exited(code)]);
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    let mut outcomes = Vec::new();
    for child in children {
        let mut word = 0;
        // SAFETY: `word` lives longer than the call, which stores the status in it.
        Errno::result(unsafe { libc::waitpid(child.as_raw(), &raw mut word, 0) })?;
        outcomes.push(decode(word));
    }
    Ok(outcomes)
}

fn main() -> ExitCode {
    drive(decode, end_children)
}
