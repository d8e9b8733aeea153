//! Mistake: no processes. The supervisor lives the life of the actor itself.

use std::collections::VecDeque;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use threads_and_actors::supervisor::{Actor, Clock, Outcome, Policy, drive};

fn supervise(actor: &Actor<'_>, policy: Policy, clock: Clock) -> io::Result<Outcome> {
    let mut failed: VecDeque<Duration> = VecDeque::new();
    loop {
        if actor.run() == 0 {
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

fn main() -> ExitCode {
    drive(supervise)
}
