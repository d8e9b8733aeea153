//! Exercise `priority-aging`: the most urgent job first, and what becomes of the others.
//!
//! It shows that priorities alone can keep a job from the CPU for ever (starvation), and that a job which becomes more urgent
//! while it waits (aging) is sure to run.
//!
//! Nothing is run: a schedule is a function from jobs to slices of the CPU's time. See sched(7) for priorities on Linux.
//! Run it: `cargo run -p scheduling --bin priority-aging lengths 20 3 priorities 1 5`, and the same with `step 2` at the end.
//! Edit: the body of `schedule`.

use std::process::ExitCode;

use scheduling::priority_aging::{Job, Slice, drive};

/// The schedule by priorities, decided anew for each tick of the clock.
///
/// - A job is known by its place in `jobs`, from 0. It is ready from its `arrival` until it has run for its `length`.
/// - In each tick the ready job with the smallest number for its urgency runs, and of several the one that comes first in
///   `jobs`. Slices of one tick, from `now` to `now + 1`, are fine: those of one job that follow on each other are joined.
/// - Without `step`, the urgency of a job is its `priority`.
/// - With `step`, it is its `priority` less the number of whole steps for which it has been waiting:
///   `priority - waited / step`. It can become negative.
/// - A job waits in each tick in which it is ready and does not run. A tick in which it runs sets `waited` back to 0.
/// - While no job is ready, the CPU is idle, and there is no slice.
fn schedule(jobs: &[Job], step: Option<i64>) -> Vec<Slice> {
    // TODO: for each tick: who is ready, how urgent is each of them, who runs, and who has waited by one more?
    todo!("run {jobs:?} by urgency, with {step:?} ticks of waiting for a step")
}

fn main() -> ExitCode {
    drive(schedule)
}
