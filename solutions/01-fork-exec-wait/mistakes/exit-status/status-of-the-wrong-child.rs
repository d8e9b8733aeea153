//! Mistake: statuses are taken as they come, as if children ended in the order in which they were started and
//! the program had no others.

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
    for ending in endings {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if let ForkResult::Child = unsafe { fork() }? {
            let code = ending.approach();
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { libc::_exit(code) }
        }
    }
    let mut outcomes = Vec::new();
    loop {
        let mut word = 0;
        // SAFETY: `word` lives longer than the call, which stores the status in it.
        match Errno::result(unsafe { libc::wait(&raw mut word) }) {
            Ok(_) => outcomes.push(decode(word)),
            Err(Errno::ECHILD) => break,
            Err(error) => return Err(error),
        }
    }
    outcomes.truncate(endings.len());
    Ok(outcomes)
}

fn main() -> ExitCode {
    drive(decode, end_children)
}
