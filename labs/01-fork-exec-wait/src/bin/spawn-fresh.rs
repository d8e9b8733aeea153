//! Exercise `spawn-fresh`: workers that are fresh programs.
//!
//! It shows the other way to get a worker: not a copy of the parent's memory, but the same program started
//! anew. Such a worker inherits no variable. It must be told its task, and even that it is a worker. What it
//! does inherit are open descriptors, unless they are close-on-exec.
//!
//! Calls: fork(2) and execve(2), or posix_spawn(3), or `std::process::Command`; fcntl(2), waitpid(2).
//! `/proc/self/exe` is the program that the calling process runs.
//! Run it: `cargo run -p fork-exec-wait --bin spawn-fresh -- --factor 3 4 7 10`.
//! Edit: the bodies of `run_workers` and `received_task`, which agree on how a task is passed.

use std::io;
use std::os::fd::BorrowedFd;
use std::process::ExitCode;

use fork_exec_wait::spawn_fresh::{Task, drive};

/// In the main program: starts this program afresh for each of the `numbers`, and returns the workers'
/// exit codes in the order of the numbers.
///
/// - A worker does the task that `received_task` returns there. The driver does the work and exits.
/// - The factor of a task is the one that `fork_exec_wait::spawn_fresh::factor()` returns *here*. It is a
///   variable in memory, 1 when a program starts.
/// - `connection` is open in this process, and not close-on-exec. The main program needs it; no worker may have it.
fn run_workers(numbers: &[u64], connection: BorrowedFd<'_>) -> io::Result<Vec<i32>> {
    // TODO: start a worker for each number with its task, then wait for all of them.
    todo!("start workers for {numbers:?} without {connection:?}")
}

/// In a worker: the task that `run_workers` passed. In the main program: `None`.
///
/// It is called first, in every process of this program, with the arguments and the environment that
/// the process was started with.
fn received_task() -> Option<Task> {
    // TODO: find the task where `run_workers` has put it.
    todo!("return the task of this process, if it has one")
}

fn main() -> ExitCode {
    drive(run_workers, received_task)
}
