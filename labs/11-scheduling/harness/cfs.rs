//! Driver of `cfs`: a schedule by virtual runtimes, and the shares that come of it.
//!
//! Usage: `cfs ticks TICKS nice NICE... [arrivals ARRIVAL...] [lengths LENGTH...]`. Tasks arrive at 0 and want to run all the
//! time, where nothing else is said.

use std::process::ExitCode;

use crate::arguments::{Demand, Lists};
use crate::schedule::{Demands, Part, join, print_shares};

pub use crate::schedule::Slice;
pub use crate::weights::{NICE_0, weight_of};

/// How long a tick is, in nanoseconds.
pub const TICK: u64 = 1_000_000;

/// A task that wants the CPU. Its number is its place in the list of tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// The tick at which it comes.
    pub arrival: u64,
    /// How many ticks it runs altogether; at least 1.
    pub length: u64,
    /// Its nice value, from -20 to 19: `weight_of` has the weight.
    pub nice: i32,
}

/// What the student writes: the schedule of the first `ticks` ticks.
pub type Schedule = fn(tasks: &[Task], ticks: u64) -> Vec<Slice>;

/// Runs the exercise.
#[must_use]
pub fn drive(schedule: Schedule) -> ExitCode {
    let Some((tasks, ticks)) = read() else {
        eprintln!(
            "usage: cfs ticks TICKS nice NICE... [arrivals ARRIVAL...] [lengths LENGTH...]: NICE is from -20 to 19"
        );
        return ExitCode::from(2);
    };
    let slices = schedule(&tasks, ticks);
    let demand = |task: &Task| Demand {
        arrival: task.arrival,
        length: task.length,
    };
    let demands = Demands::of(tasks.iter().map(demand).collect()).until(ticks);
    demands.print("CFS", &slices, Part::Beginning);
    print_shares(&join(&slices), tasks.len(), |number| {
        let nice = tasks[number].nice;
        format!("nice {nice}, weight {}", weight_of(nice))
    });
    ExitCode::SUCCESS
}

fn read() -> Option<(Vec<Task>, u64)> {
    let names = ["ticks", "nice", "arrivals", "lengths"];
    let lists = Lists::read(std::env::args().skip(1), &names)?;
    let ticks = lists.one("ticks", 0).filter(|ticks| *ticks > 0)?;
    let demands = lists.demands(lists.all("nice").len(), ticks)?;
    let nice = lists.all("nice").iter();
    let nice: Option<Vec<i32>> = nice
        .map(|nice| i32::try_from(*nice).ok())
        .map(|nice| nice.filter(|nice| (-20..=19).contains(nice)))
        .collect();
    let tasks = demands.into_iter().zip(nice?).map(|(it, nice)| Task {
        arrival: it.arrival,
        length: it.length,
        nice,
    });
    Some((tasks.collect(), ticks))
}
