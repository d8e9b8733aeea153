//! Exercise `nice-shares`: what a nice value means, measured on the scheduler that runs here.
//!
//! It shows that a nice value is a share and not an order, among whom it counts (one CPU, one session), and that less nice than now
//! is only who is allowed to.
//!
//! Calls: fork(2), sched_setaffinity(2), nice(2) or setpriority(2), waitpid(2), and pipe(2) or mmap(2) for the results. See sched(7), "The nice
//! value and group scheduling" and "The autogroup feature".
//! In Rust: `nix::sched::{sched_getaffinity, sched_setaffinity}`, `rustix::process::nice`.
//! Run it: `cargo run -p scheduling --bin nice-shares 0 5 10`, and `... -10 5`: the driver sees to it that nobody, not even
//! root, is allowed to be less nice.
//! Edit: the body of `compete`.

use std::io;
use std::process::ExitCode;

use scheduling::nice_shares::{Contest, Share, drive};

/// Lets processes compete for a CPU, one for each of `steps`, and returns what each of them got, in this order.
///
/// - Each competitor is a child of its own, and becomes nicer by its step, relative to what it has inherited: nice(2) does that.
/// - If the kernel refuses that, which it does for negative steps, the competitor competes as it is, and its `Share` has `nice: 0`.
/// - All competitors are bound to one CPU, and that is one on which this program may run: `sched_getaffinity` tells. They stay in the session of
///   the program.
/// - Then each of them calls `contest.work(number)` once, with its place in `steps`. It returns when the contest is over, with the CPU
///   time that the competitor got; that comes back to this process, as the `cpu` of its `Share`.
/// - The contest begins when all are there. Each child is waited for.
fn compete(contest: Contest, steps: &[i32]) -> io::Result<Vec<Share>> {
    // TODO: bind, fork for each step, become nicer, work, send the result back; collect; wait.
    todo!("let {contest:?} begin with {steps:?}")
}

fn main() -> ExitCode {
    drive(compete)
}
