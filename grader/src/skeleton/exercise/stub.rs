//! Exercise `the-exercise`: a child does the work, and its exit code tells the result.
//!
//! It shows that a process works for another one, and how its result gets back.
//!
//! Calls: fork(2), _exit(2), waitpid(2).
//! Run it: `cargo run -p the-topic --bin the-exercise`, and with a number of your own: `… 21`.
//! Edit: the body of `double_in_child`.

use std::process::ExitCode;

use nix::sys::wait::WaitStatus;

use the_topic::the_exercise::drive;

/// Has `number` doubled in a child, and returns how the child ended.
///
/// - The child, not the parent, calls `the_topic::the_exercise::double(number)` (given), which
///   prints a line.
/// - The child leaves with `_exit`, with the result as its exit code.
/// - The parent waits for the child.
fn double_in_child(number: u8) -> nix::Result<WaitStatus> {
    // TODO: fork, double the number in the child, wait for the child in the parent.
    todo!("double {number} in a child")
}

fn main() -> ExitCode {
    drive(double_in_child)
}
