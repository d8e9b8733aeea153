//! Mistake: the exit code is taken from the status, whether there is one or not. That of a killed actor is 0.

use std::collections::VecDeque;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use threads_and_actors::supervisor::{Actor, Clock, Outcome, Policy, drive};

fn supervise(actor: &Actor<'_>, policy: Policy, clock: Clock) -> io::Result<Outcome> {
    let mut failed: VecDeque<Duration> = VecDeque::new();
    loop {
        let child = start(actor)?;
        let code = match waitpid(child, None)? {
            WaitStatus::Exited(_, code) => code,
            _ => 0,
        };
        if code == 0 {
            return Ok(Outcome::Finished);
        }
        let now = clock.now();
        failed.push_back(now);
        // What is too long ago does not count any more. So a fault that shows once a day is repaired for ever.
        while failed
            .front()
            .is_some_and(|then| now - *then >= policy.within)
        {
            failed.pop_front();
        }
        // The limit is tested before the next start: behind it there would be one start too many.
        if failed.len() >= policy.failures {
            return Ok(Outcome::GaveUp);
        }
    }
}

fn start(actor: &Actor<'_>) -> io::Result<Pid> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = actor.run();
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => Ok(child),
    }
}

fn main() -> ExitCode {
    drive(supervise)
}
