//! Exercise `supervisor`: a process that starts another one again when it fails, and knows when to give up.
//!
//! It shows how systems stay up although their parts fail: who works does not repair itself, it ends, and a supervisor that does
//! nothing else starts it anew. A fault that comes back at once is not cured that way, so there is a limit: so many failures within
//! so much time, and the supervisor gives up and says so.
//!
//! Calls: fork(2), waitpid(2), _exit(2); `Clock::now`, which is given.
//! Run it: `cargo run -p threads-and-actors --bin supervisor -- 3 10 2:fails 3:killed 4:ends`. The forms are listed in
//! harness/supervisor.rs.
//! Edit: the body of `supervise`.

use std::io;
use std::process::ExitCode;

use threads_and_actors::supervisor::{Actor, Clock, Outcome, Policy, drive};

/// Starts the actor and waits for its end, and starts it again if it has failed.
///
/// - For each start there is a new child, which calls `actor.run()` and leaves with `_exit` and the code that `run` has returned.
/// - Ended with code 0, it has done its work: `Outcome::Finished`. Ended with another code or by a signal, it has failed.
/// - A failure is the last one, `Outcome::GaveUp`, if `policy.failures` of them, this one included, lie within `policy.within`: the
///   first and the last of them are less than that apart. Older ones are forgiven.
/// - The time is that of `clock`, which the driver moves: minutes can pass in a moment, and no time passes by sleeping.
/// - It sleeps while the actor lives, and reaps every child.
fn supervise(actor: &Actor<'_>, policy: Policy, clock: Clock) -> io::Result<Outcome> {
    // TODO: fork, wait, decide; which failures have to be remembered, and for how long?
    todo!("keep {actor:?} running, with {policy:?} and {clock:?}")
}

fn main() -> ExitCode {
    drive(supervise)
}
