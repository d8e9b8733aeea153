//! Exercise `eevdf`: earliest eligible virtual deadline first, the scheduler of Linux since 6.6.
//!
//! It shows how a task gets a share by its weight and, independently of that, a quick turn by asking for little at a time.
//!
//! Nothing is run: a schedule is a function from tasks to slices of the CPU's time. See sched(7), and sched_setattr(2) for
//! `sched_runtime`, by which a task chooses its slice since 6.12.
//! Run it: `cargo run -p scheduling --bin eevdf ticks 14 weights 1 1 slices 6 2`.
//! Edit: the body of `schedule`.

use std::process::ExitCode;

use scheduling::eevdf::{SCALE, Slice, Task, drive};

/// The schedule of the first `ticks` ticks.
///
/// - A task is known by its place in `tasks`, from 0. It is ready from its `arrival` until it has run for `length` ticks.
/// - Each task has a virtual runtime. By each tick that it runs, that grows by `SCALE / weight`, rounded down.
/// - Each task has a request, for `slice` ticks. The virtual deadline of a request is the virtual runtime at which it is made,
///   plus `slice * SCALE / weight`, rounded down.
/// - The average of the ready tasks, the one that runs included, is the sum of `weight * runtime` divided by the sum of `weight`, rounded
///   down. A task is eligible if its virtual runtime is not above that.
/// - When the CPU is free, of the ready tasks that are eligible the one with the earliest virtual deadline runs, and of several the one
///   that comes first in `tasks`. It runs until its request is served or it is done: nobody takes the CPU from it before.
/// - Who has run for `slice` ticks since the request was made has been served, and makes a new one at once.
/// - Who arrives, also during a slice, begins with the average of those that are ready then, those that arrive together not counted, and with 0 if
///   there are none; and makes a request.
/// - While no task is ready, the CPU is idle, and there is no slice. Slices of one tick are fine: they are joined.
fn schedule(tasks: &[Task], ticks: u64) -> Vec<Slice> {
    // TODO: for each tick: who arrives; if the CPU is free, who is eligible and has the earliest deadline; a tick for that one.
    todo!("run {tasks:?} for {ticks} ticks; by a tick, weight 1 comes {SCALE} further")
}

fn main() -> ExitCode {
    drive(schedule)
}
