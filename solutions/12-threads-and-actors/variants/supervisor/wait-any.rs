//! Variant: waits for any child, and looks through all failures each time.

use std::io;
use std::process::{ExitCode, exit};

use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, fork};
use threads_and_actors::supervisor::{Actor, Clock, Outcome, Policy, drive};

fn supervise(actor: &Actor<'_>, policy: Policy, clock: Clock) -> io::Result<Outcome> {
    let mut all = Vec::new();
    loop {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if let ForkResult::Child = unsafe { fork() }? {
            exit(actor.run());
        }
        match wait()? {
            WaitStatus::Exited(_, 0) => return Ok(Outcome::Finished),
            WaitStatus::Exited(..) | WaitStatus::Signaled(..) => all.push(clock.now()),
            status => return Err(io::Error::other(format!("{status:?}"))),
        }
        let now = clock.now();
        let recent = all.iter().filter(|then| now - **then < policy.within);
        if recent.count() >= policy.failures {
            return Ok(Outcome::GaveUp);
        }
    }
}

fn main() -> ExitCode {
    drive(supervise)
}
