//! Exercise `spawn-workers`: a process for each number.
//!
//! It shows how one process starts several others that run at the same time, how a child must leave, and
//! how its parent learns of its end.
//!
//! Calls: fork(2), _exit(2), waitpid(2).
//! Run it: `cargo run -p fork-exec-wait --bin spawn-workers`, and with numbers of your own: `… --bin spawn-workers 3 30`.
//! Edit: the body of `spawn_workers`.

use std::process::ExitCode;

use fork_exec_wait::spawn_workers::{Job, drive};

/// Prints `[pid P] starts N workers`, starts a process for each job, waits for all of them, and returns their
/// exit codes in the order of `jobs`. P is the pid of the process that prints the line, here the parent's.
///
/// - The worker, not the parent, calls `job.begin()`, which returns its number. It waits there until all
///   workers have begun: start them all before you wait for the first.
/// - The worker prints `[pid P] N! = F` with its own pid P, the number N and its factorial F, which does not fit
///   64 bits if N is above 20: take `num_bigint::BigUint`.
/// - The worker leaves with N as its exit code. The kernel keeps the low eight bits of it.
/// - The parent reaps every worker.
fn spawn_workers(jobs: &[Job]) -> nix::Result<Vec<i32>> {
    // TODO: print the first line, fork for each job, work in the child, wait in the parent.
    todo!("start a worker for each of {jobs:?}")
}

fn main() -> ExitCode {
    drive(spawn_workers)
}
