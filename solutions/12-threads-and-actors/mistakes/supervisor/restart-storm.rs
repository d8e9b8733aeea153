//! Mistake: the actor is started again whenever it fails, without end.

use std::io;
use std::process::ExitCode;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use threads_and_actors::supervisor::{Actor, Clock, Outcome, Policy, drive};

fn supervise(actor: &Actor<'_>, _policy: Policy, _clock: Clock) -> io::Result<Outcome> {
    loop {
        let child = start(actor)?;
        // It sleeps here for as long as the actor lives. Everything that is not a good end is a failure, a signal included.
        if let WaitStatus::Exited(_, 0) = waitpid(child, None)? {
            return Ok(Outcome::Finished);
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
