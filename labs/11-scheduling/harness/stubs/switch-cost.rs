//! Exercise `switch-cost`: what it costs to take the CPU from one process and give it to another.
//!
//! It shows how to measure something that is too short for a clock: repeat it, and subtract what does not belong to it.
//!
//! Calls: fork(2), sched_setaffinity(2), pipe(2), read(2), write(2), waitpid(2). See getrusage(2) for counts of context switches.
//! Run it: `cargo run -p scheduling --bin switch-cost 1000`. The figures are printed on standard error.
//! Edit: the body of `measure`.

use std::io;
use std::process::ExitCode;

use scheduling::switch_cost::{Figures, Rally, drive};

/// Measures the cost of a context switch, by a ball that goes to and fro between this process and a child.
///
/// - Both processes are bound to one CPU, and that is one on which this program may run, before one of them has the ball: then
///   nobody can take it as long as the other one runs, and each hand-over takes a context switch.
/// - A round: this process calls `rally.stroke()` and hands the ball over by a byte in a pipe; the child, which sleeps until it comes, calls
///   `rally.stroke()` and hands it back in the same way; this process sleeps until it comes.
/// - One round, the first, is not measured: after it the child has been created. Then come `rally.rounds()` rounds that are. After the last one the child ends, and is waited for.
/// - The time is `rally.now()`, and each of the two times is the difference of two such readings in this process.
/// - What does not belong to it is measured as well: this process writes a byte to a pipe and reads it again itself, `pairs` times, at least once.
/// - `switch` is half of an average round, less an average pair; zero where that would be negative.
fn measure(rally: Rally) -> io::Result<Figures> {
    // TODO: bind, fork, a round, the clock, the rounds, the clock; the pairs between two looks at the clock; wait, and calculate.
    todo!("measure {} rounds", rally.rounds())
}

fn main() -> ExitCode {
    drive(measure)
}
