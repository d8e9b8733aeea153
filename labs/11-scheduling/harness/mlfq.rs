//! Driver of `mlfq`: a schedule by queues of several levels, and what it means for the jobs.
//!
//! Usage: `mlfq quanta QUANTUM... lengths LENGTH... [arrivals ARRIVAL...] [every TICKS...] [device TICKS] [allotment QUANTA]
//! [boost TICKS]`. The quanta are those of the levels, the top first. `every` says for each job after how many ticks of running it waits
//! for the device, 0 for never, and `device` for how long.

use std::process::ExitCode;

use crate::arguments::{Demand, Lists};
use crate::schedule::{Demands, Part, Pause};

pub use crate::schedule::Slice;

/// A job that wants the CPU. Its number is its place in the list of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// When it comes.
    pub arrival: u64,
    /// How many ticks it runs altogether; at least 1.
    pub length: u64,
    /// Each time that it has run for so many ticks it waits for the device.
    pub waits_every: Option<u64>,
}

/// The rules of the queues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// How many ticks a job gets in its turn, for each level; the top level is 0.
    pub quanta: Vec<u64>,
    /// How many quanta a job may use up at a level before it goes down by one.
    pub allotment: u64,
    /// After each so many ticks all jobs go to the top.
    pub boost: Option<u64>,
    /// How long the device takes.
    pub device: u64,
}

/// What the student writes: the schedule by these rules.
pub type Schedule = fn(jobs: &[Job], rules: &Rules) -> Vec<Slice>;

/// Runs the exercise.
#[must_use]
pub fn drive(schedule: Schedule) -> ExitCode {
    let Some((jobs, rules)) = read() else {
        eprintln!(
            "usage: mlfq quanta QUANTUM... lengths LENGTH... [arrivals ARRIVAL...] [every TICKS...] [device TICKS] [allotment QUANTA] [boost TICKS]"
        );
        return ExitCode::from(2);
    };
    let slices = schedule(&jobs, &rules);
    let demand = |job: &Job| Demand {
        arrival: job.arrival,
        length: job.length,
    };
    let pause = |job: &Job| {
        job.waits_every.map(|every| Pause {
            every,
            time: rules.device,
        })
    };
    let demands = Demands::of(jobs.iter().map(demand).collect())
        .with_pauses(jobs.iter().map(pause).collect());
    let levels = rules.quanta.len();
    let title = match rules.boost {
        None => format!("MLFQ of {levels} levels"),
        Some(boost) => format!("MLFQ of {levels} levels, a boost after {boost} ticks"),
    };
    demands.print(&title, &slices, Part::Whole);
    demands.print_times(&demands.times(&slices));
    ExitCode::SUCCESS
}

fn read() -> Option<(Vec<Job>, Rules)> {
    let names = [
        "quanta",
        "lengths",
        "arrivals",
        "every",
        "device",
        "allotment",
        "boost",
    ];
    let lists = Lists::read(std::env::args().skip(1), &names)?;
    let rules = Rules {
        quanta: lists.all_from("quanta", 1)?,
        allotment: lists.one("allotment", 1)?,
        boost: Some(lists.one("boost", 0)?).filter(|boost| *boost > 0),
        device: lists.one("device", 5)?,
    };
    let every = lists.all_from("every", 0)?;
    let demands = lists.demands(lists.all("lengths").len(), 1)?.into_iter();
    let jobs = demands.enumerate().map(|(number, it)| Job {
        arrival: it.arrival,
        length: it.length,
        waits_every: every.get(number).copied().filter(|every| *every > 0),
    });
    let is_complete = !rules.quanta.is_empty() && rules.allotment > 0 && rules.device > 0;
    is_complete.then_some((jobs.collect(), rules))
}
