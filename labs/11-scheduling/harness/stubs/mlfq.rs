//! Exercise `mlfq`: a multi-level feedback queue, which learns from what a job does how urgent it is.
//!
//! It shows how a scheduler that knows no lengths still prefers short and interactive jobs, and which three rules it takes so that nobody
//! starves and nobody cheats.
//!
//! Nothing is run: a schedule is a function from jobs to slices of the CPU's time.
//! Run it: `cargo run -p scheduling --bin mlfq quanta 10 10 10 lengths 200 200 every 9 0 device 1`: the first job
//! waits for a device just before its quantum is used up.
//! Edit: the body of `schedule`.

use std::process::ExitCode;

use scheduling::mlfq::{Job, Rules, Slice, drive};

/// The schedule by `rules`, decided anew for each tick of the clock.
///
/// A job is known by its place in `jobs`, from 0. Each level has a queue. The beginning of a tick:
///
/// 1. With `boost`, if the time is a multiple of it and not 0: all jobs go to level 0, with a new quantum and a new allotment. In the queue there
///    are first those that were in it, in their order, then those of level 1 in their order, and so on. Those that wait for the device change
///    their level too.
/// 2. Jobs that arrive go to the end of the queue of level 0, in order of their numbers. Then jobs that the device has served go to
///    the end of the queue of their level.
/// 3. The first job in the queue of the uppermost level that is not empty runs for this tick. If all are empty, the CPU is idle.
///
/// And its end, for the job that has run:
///
/// 4. If it has run for its `length`, it is gone.
/// 5. With `waits_every`, if what it has run altogether is a multiple of that: it leaves the queue, and comes back `rules.device` ticks
///    after this one. What it has used of its quantum stays used.
/// 6. If it has run for the quantum of its level (in several parts, perhaps), it goes to the end of its queue with a new quantum. With that it
///    has used up one quantum of its allotment. When it has used up `rules.allotment` of them at this level, it goes to the end of the queue of the
///    next lower level with a new quantum and a new allotment; on the lowest level it stays there.
///    If it waits for the device at the same time, it comes back to that place.
/// 7. Otherwise it stays the first of its queue, whoever comes on other levels.
fn schedule(jobs: &[Job], rules: &Rules) -> Vec<Slice> {
    // TODO: a queue for each level; for each job its level, what it has used of its quantum and of its allotment, and when it comes back.
    todo!("run {jobs:?} by {rules:?}")
}

fn main() -> ExitCode {
    drive(schedule)
}
