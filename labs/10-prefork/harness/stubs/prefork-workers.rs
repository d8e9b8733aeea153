//! Exercise `prefork-workers`: processes that are there before the work is.
//!
//! It shows the frame of every prefork server: the parent forks its workers in advance, the workers work and leave with `_exit`, the
//! parent waits for all of them. How much each has done comes back through memory that they share.
//!
//! Calls: mmap(2) with MAP_SHARED and MAP_ANONYMOUS, fork(2), _exit(2), waitpid(2).
//! Run it: `cargo run -p prefork --bin prefork-workers -- 3 1 4 2`.
//! Edit: the body of `prefork`.

use std::process::ExitCode;

use prefork::prefork_workers::{Desk, drive};

/// Forks a worker for each of the `desks`; each serves at its own desk, until `serve` returns false.
/// Returns how many requests each worker has served, in the order of the desks.
///
/// - All workers are forked before the first of them is waited for.
/// - Each worker counts in memory that it shares with its parent: no pipe, no file, no exit code.
/// - When this function returns, all workers have been waited for. No worker returns from it.
fn prefork(desks: &mut [Desk]) -> nix::Result<Vec<u32>> {
    // TODO: share counters, fork the workers, wait for them, read the counters.
    todo!("serve at {desks:?}, each in a process of its own")
}

fn main() -> ExitCode {
    drive(prefork)
}
