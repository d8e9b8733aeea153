//! Exercise `pool-sizing`: how many workers a pool should have, and how one finds out.
//!
//! It shows that the number follows from the CPUs that the process *may* use and from what its tasks do, and how to measure a pool:
//! the time on the wall, and the CPU time of processes that are not one's own.
//!
//! Calls: sched_getaffinity(2); clock_gettime(2); getrusage(2) with RUSAGE_CHILDREN, or times(2).
//! Run it: `cargo run -p process-pool --bin pool-sizing`: table and chart go to standard error. On one CPU: `… -- 1`.
//! Edit: the bodies of `pool_size` and `measure`. The pool is given.

use std::io;
use std::process::ExitCode;

use process_pool::pool_sizing::{Load, Profile, Row, drive};

/// Returns how many workers a pool should have whose tasks have this profile.
///
/// - Tasks that only compute: one worker for each CPU that this process may use. The machine may have more.
/// - Tasks that wait as well: while one waits, another one can compute. So that all CPUs are busy, there must be
///   (compute + wait) / compute workers for each of them. (Here the one is a multiple of the other.)
fn pool_size(profile: Profile) -> io::Result<usize> {
    // TODO: count the CPUs that this process may use; multiply.
    todo!("size a pool for {profile:?}")
}

/// Runs the load once with so many workers, and measures that.
///
/// - `load.run(workers)` makes the workers, has all tasks done, and reaps the workers.
/// - `wall` is how long that took; `cpu` is the CPU time of all workers together, and of nobody else.
fn measure(load: &Load, workers: usize) -> io::Result<Row> {
    // TODO: look at the clock and at the CPU time of the children, before and after.
    todo!("measure {load:?} with {workers} workers")
}

fn main() -> ExitCode {
    drive(pool_size, measure)
}
