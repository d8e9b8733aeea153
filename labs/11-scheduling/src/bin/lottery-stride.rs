//! Exercise `lottery-stride`: shares by chance, and the same shares without chance.
//!
//! It shows two ways to give each job a part of the CPU that is in proportion to its tickets: one needs no memory and is right on the average, the
//! other needs a number for each job and is right all the time.
//!
//! Nothing is run: a schedule is a function from jobs to slices of the CPU's time.
//! Run it: `cargo run -p scheduling --bin lottery-stride stride tickets 100 50 250 lengths 40 40 40`, or
//! `... lottery tickets 1 3 lengths 10 10 draws 17 4 230 9`.
//! Edit: the bodies of `lottery` and `stride`.

use std::process::ExitCode;

use scheduling::lottery_stride::{Draws, Job, STRIDE_OF_ONE, Slice, drive};

// For both: a job is known by its place in `jobs`, from 0. All of them are ready from 0 until they have run for their `length`. Whoever
// is chosen runs for `quantum` ticks, or until it is done. Slices of one job that follow on each other are joined.

/// The schedule of a lottery: before each quantum a number is drawn (`draws.draw()`).
///
/// - The tickets of the jobs that are not done are numbered from 0 on: first those of the first job, then those of the second, and so on.
///   Whoever is done has no tickets any more.
/// - The number that was drawn, modulo the number of those tickets, is the ticket that wins.
fn lottery(jobs: &[Job], quantum: u64, draws: &mut Draws) -> Vec<Slice> {
    // TODO: draw, find the owner of the ticket, let it run; until all are done.
    todo!("run {jobs:?}, {quantum} at a time, by {draws:?}")
}

/// The schedule by strides.
///
/// - The stride of a job is `STRIDE_OF_ONE` divided by its tickets, rounded down.
/// - Each job has a pass, which begins with 0. Before each quantum the job with the smallest pass is chosen, of several the one that comes
///   first in `jobs`, and its pass grows by its stride.
fn stride(jobs: &[Job], quantum: u64) -> Vec<Slice> {
    // TODO: the smallest pass, a step of its stride, a quantum; until all are done.
    todo!("run {jobs:?}, {quantum} at a time; the stride of one ticket is {STRIDE_OF_ONE}")
}

fn main() -> ExitCode {
    drive(lottery, stride)
}
