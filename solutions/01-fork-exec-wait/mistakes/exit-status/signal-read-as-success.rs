//! Mistake: the exit code is taken from the second byte, whatever the first says. A child that was killed
//! seems to have ended with code 0.

use std::process::ExitCode;

use fork_exec_wait::exit_status::{Ending, Outcome, drive};
use nix::errno::Errno;
use nix::libc;
use nix::unistd::{ForkResult, fork};

fn decode(word: i32) -> Outcome {
    if word == 0xffff {
        Outcome::Continued
    } else if word & 0xff == 0x7f {
        Outcome::Stopped(word >> 8)
    } else {
        Outcome::Exited(word >> 8)
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
