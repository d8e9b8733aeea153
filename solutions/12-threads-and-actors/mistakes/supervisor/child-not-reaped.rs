//! Mistake: the end of the actor is seen at a pipe, and so is its code. Nobody waits for the process.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use nix::unistd::{ForkResult, fork, pipe};
use threads_and_actors::supervisor::{Actor, Clock, Outcome, Policy, drive};

fn supervise(actor: &Actor<'_>, policy: Policy, clock: Clock) -> io::Result<Outcome> {
    let mut failed: VecDeque<Duration> = VecDeque::new();
    loop {
        if actor_ends_with(actor)? == Some(0) {
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

fn actor_ends_with(actor: &Actor<'_>) -> io::Result<Option<u8>> {
    let (source, sink) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = actor.run();
            let _ = File::from(sink).write_all(&[u8::from(code != 0)]);
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { .. } => {
            drop(sink);
            let mut code = Vec::new();
            File::from(source).read_to_end(&mut code)?;
            Ok(code.first().copied())
        }
    }
}

fn main() -> ExitCode {
    drive(supervise)
}
