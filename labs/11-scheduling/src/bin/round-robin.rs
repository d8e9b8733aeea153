//! Exercise `round-robin`: the three oldest ways to share a CPU, and what each of them means for those who wait.
//!
//! It shows what a scheduler decides, that the order alone changes the mean times by a multiple, and what a quantum costs and
//! brings.
//!
//! Nothing is run: a schedule is a function from jobs to slices of the CPU's time. See sched(7) for what Linux offers
//! (SCHED_FIFO and SCHED_RR are real).
//! Run it: `cargo run -p scheduling --bin round-robin rr lengths 24 3 3 quantum 4`, and in place of `rr` also `sjf` and `fifo`.
//! Edit: the bodies of `fifo`, `sjf`, `round_robin` and `measure`.

use std::process::ExitCode;

use scheduling::round_robin::{Job, Slice, Times, drive};

// For all three schedules:
//
// - A job is known by its place in `jobs`, from 0. It is ready from its `arrival` until it has run for its `length`.
// - The slices are in order, and no two of them overlap. The CPU is never idle while a job is ready; while none is, there is no slice.
// - Of two jobs between which the rules make no difference, the one with the smaller number is first.
// - Two slices of one job that follow on each other are as good as one.

/// First in, first out: jobs run in the order in which they arrive, each to its end.
fn fifo(jobs: &[Job]) -> Vec<Slice> {
    // TODO: take the jobs in the order of their arrivals; a slice for each.
    todo!("run {jobs:?} in the order of their arrivals")
}

/// Shortest job first: whenever the CPU is free, the shortest of the jobs that are there runs to its end. A job that arrives
/// meanwhile waits, however short it is.
fn sjf(jobs: &[Job]) -> Vec<Slice> {
    // TODO: at each decision look only at the jobs that have arrived.
    todo!("run {jobs:?}, the shortest first")
}

/// Round robin: the first job of a queue runs for at most `quantum`, and then goes to its end if it is not done.
///
/// - A job that arrives goes to the end of the queue.
/// - A job that arrives at the very moment at which a quantum is used up goes there before the job that was running.
/// - A job that ends early does not keep the rest of its quantum: the next one starts with a whole one.
fn round_robin(jobs: &[Job], quantum: u64) -> Vec<Slice> {
    // TODO: keep a queue; after each slice first the arrivals go there, then the job that ran.
    todo!("run {jobs:?} in turn, {quantum} at a time")
}

/// What its slices, in order, mean for a job.
///
/// - `response`: from its arrival until it runs for the first time.
/// - `turnaround`: from its arrival until it is done.
/// - `waiting`: how much of the turnaround it did not run.
fn measure(job: Job, slices: &[Slice]) -> Times {
    // TODO: the first slice, the last one, and the length are all that is needed.
    todo!("see what {slices:?} mean for {job:?}")
}

fn main() -> ExitCode {
    drive(fifo, sjf, round_robin, measure)
}
