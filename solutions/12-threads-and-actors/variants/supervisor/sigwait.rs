//! Variant: the supervisor waits for SIGCHLD, and asks then what has become of the actor.

use std::collections::VecDeque;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use threads_and_actors::supervisor::{Actor, Clock, Outcome, Policy, drive};

fn supervise(actor: &Actor<'_>, policy: Policy, clock: Clock) -> io::Result<Outcome> {
    // Blocked before the first start: it cannot come between the question and the wait.
    let ended = SigSet::from(Signal::SIGCHLD);
    ended.thread_block()?;
    let mut failed: VecDeque<Duration> = VecDeque::new();
    loop {
        let child = start(actor)?;
        // It sleeps here for as long as the actor lives. Everything that is not a good end is a failure, a signal included.
        let status = loop {
            ended.wait()?;
            match waitpid(child, Some(WaitPidFlag::WNOHANG))? {
                WaitStatus::StillAlive => {}
                status => break status,
            }
        };
        if let WaitStatus::Exited(_, 0) = status {
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
            let _ = SigSet::from(Signal::SIGCHLD).thread_unblock();
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
