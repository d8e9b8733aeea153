//! Driver of `eevdf`: a schedule by eligibility and virtual deadlines, and the shares that come of it.
//!
//! Usage: `eevdf ticks TICKS weights WEIGHT... slices SLICE... [arrivals ARRIVAL...] [lengths LENGTH...]`. Tasks arrive at 0,
//! ask for one tick at a time and want to run all the time, where nothing else is said.

use std::process::ExitCode;

use crate::arguments::{Demand, Lists};
use crate::schedule::{Demands, Part, join, print_shares};

pub use crate::schedule::Slice;

/// How far a task of weight 1 comes in virtual time by one tick. It is large, so that little is lost where it is divided by
/// a weight.
pub const SCALE: u64 = 1 << 20;

/// A task that wants the CPU. Its number is its place in the list of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// The tick at which it comes.
    pub arrival: u64,
    /// How many ticks it runs altogether; at least 1.
    pub length: u64,
    /// Its weight: twice as much is twice the share. At least 1.
    pub weight: u64,
    /// How many ticks it asks for at a time; at least 1.
    pub slice: u64,
}

/// What the student writes: the schedule of the first `ticks` ticks.
pub type Schedule = fn(tasks: &[Task], ticks: u64) -> Vec<Slice>;

/// Runs the exercise.
#[must_use]
pub fn drive(schedule: Schedule) -> ExitCode {
    let Some((tasks, ticks)) = read() else {
        eprintln!(
            "usage: eevdf ticks TICKS weights WEIGHT... slices SLICE... [arrivals ARRIVAL...] [lengths LENGTH...]"
        );
        return ExitCode::from(2);
    };
    let slices = schedule(&tasks, ticks);
    let demand = |task: &Task| Demand {
        arrival: task.arrival,
        length: task.length,
    };
    let demands = Demands::of(tasks.iter().map(demand).collect()).until(ticks);
    demands.print("EEVDF", &slices, Part::Beginning);
    print_shares(&join(&slices), tasks.len(), |number| {
        let Task { weight, slice, .. } = tasks[number];
        format!("weight {weight}, slices of {slice}")
    });
    ExitCode::SUCCESS
}

fn read() -> Option<(Vec<Task>, u64)> {
    let names = ["ticks", "weights", "slices", "arrivals", "lengths"];
    let lists = Lists::read(std::env::args().skip(1), &names)?;
    let ticks = lists.one("ticks", 0).filter(|ticks| *ticks > 0)?;
    let weights = lists.all_from("weights", 1)?;
    let slices = lists.all_from("slices", 1)?;
    let demands = lists.demands(weights.len(), ticks)?.into_iter();
    let tasks = demands.zip(weights).enumerate();
    let tasks = tasks.map(|(number, (it, weight))| Task {
        arrival: it.arrival,
        length: it.length,
        weight,
        slice: slices.get(number).copied().unwrap_or(1),
    });
    Some((tasks.collect(), ticks))
}
