//! Exercise `partitioned-counter`: a lane for each worker, and nobody waits for anybody.
//!
//! It shows the cheapest way to share a counter: not to share it. Each worker counts in memory of its own that the others can
//! see, and who wants the sum adds up. It also shows that two lanes can be too near to each other: a cache takes memory in lines
//! of 64 bytes, and a line in which two CPUs write moves to and fro between them.
//!
//! Calls: mmap(2) with MAP_SHARED, fork(2), waitpid(2), _exit(2); `crossbeam_utils::CachePadded`, or `#[repr(align(…))]`.
//! Run it: `cargo run --release -p shared-memory --bin partitioned-counter 4 50000000`: the times go to standard error.
//! Edit: the body of `count_in_lanes`.

use std::process::ExitCode;

use shared_memory::partitioned_counter::{Worker, drive};

/// Forks a process for each worker, lets it count in a lane of its own, and returns the sum of all lanes.
///
/// - A lane is an `AtomicU64` in shared memory, which begins at 0. No two lanes are in one cache line of 64 bytes.
/// - The process of a worker calls `worker.count(lane)` and leaves with `_exit(0)`; all of them work at the same time.
/// - The calling process sleeps until all workers have ended, reaps them, and adds up the lanes.
fn count_in_lanes(workers: &[Worker]) -> nix::Result<u64> {
    // TODO: map memory for the lanes, fork a process for each worker, reap all of them, add up.
    todo!("count with {} workers", workers.len())
}

fn main() -> ExitCode {
    drive(count_in_lanes)
}
