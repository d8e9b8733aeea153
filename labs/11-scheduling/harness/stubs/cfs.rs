//! Exercise `cfs`: everybody gets a share by weight, because the one who has had least of it runs next.
//!
//! It shows the scheduler of Linux from 2.6.23 to 6.5: a nice value is a weight, virtual time passes more slowly for who is
//! heavier, and who comes late gets nothing back for the time before.
//!
//! Nothing is run: a schedule is a function from tasks to slices of the CPU's time. See sched(7) and nice(2).
//! Run it: `cargo run -p scheduling --bin cfs ticks 40 nice 0 5`, or with `nice -10 0 10` and `ticks 10000`.
//! Edit: the body of `schedule`.

use std::process::ExitCode;

use scheduling::cfs::{NICE_0, Slice, TICK, Task, drive, weight_of};

/// The schedule of the first `ticks` ticks, decided anew for each of them.
///
/// - A task is known by its place in `tasks`, from 0. It is ready from its `arrival` until it has run for `length` ticks.
/// - Each task has a virtual runtime, in whole nanoseconds. In each tick the ready task with the smallest one runs, and of several
///   the one that comes first in `tasks`.
/// - By a tick its virtual runtime grows by `TICK * NICE_0 / weight_of(nice)`, rounded down: the heavier, the less.
/// - Who arrives begins with the smallest virtual runtime of those that are ready already, as they are before this tick; with 0 if there are none.
///   Several that arrive together begin with the same.
/// - While no task is ready, the CPU is idle, and there is no slice. Slices of one tick are fine: they are joined.
fn schedule(tasks: &[Task], ticks: u64) -> Vec<Slice> {
    // TODO: for each tick: who arrives and where do they begin, who has the smallest virtual runtime, how far does it come?
    todo!(
        "run {tasks:?} for {ticks} ticks of {TICK} ns; nice 0 has the weight {NICE_0}, nice 5 has {}",
        weight_of(5)
    )
}

fn main() -> ExitCode {
    drive(schedule)
}
