//! Exercise `terminate`: stopping a computation that takes too long.
//!
//! It shows the standard way to stop another process: SIGTERM, and then the wait that says what became of it. The
//! exit code of a process that signal 15 has ended is written as −15. What the process knew is lost
//! with it, except for what it has told before.
//!
//! Calls: fork(2), pipe(2), kill(2), waitpid(2), _exit(2); signal(7).
//! Run it: `cargo run -p termination --bin terminate -- 5`.
//! Edit: the body of `terminate`.

use std::io;
use std::process::ExitCode;

use termination::terminate::{Factorial, Stopped, drive};

/// Computes the factorial in a child, and stops the child as soon as it has reported `steps` steps.
///
/// - The child calls `factorial.step()` again and again, and passes each step on as a line (`step.to_line()`, and `Step::from_line`
///   on the other side). It does not know when it is enough, and never ends by itself.
/// - The parent sends SIGTERM when it has got the line of step number `steps`, not after some time.
/// - When this function returns, the child has been waited for. `code` is its exit code, or −n if signal n has ended it;
///   `last` is the last step that it reported.
fn terminate(factorial: &mut Factorial, steps: u32) -> io::Result<Stopped> {
    // TODO: fork, compute in the child, stop it, wait for it.
    todo!("stop {factorial:?} after {steps} steps")
}

fn main() -> ExitCode {
    drive(terminate)
}
