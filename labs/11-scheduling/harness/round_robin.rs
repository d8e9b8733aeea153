//! Driver of `round-robin`: three schedules, and what they mean for the jobs.
//!
//! Usage: `round-robin POLICY lengths LENGTH... [arrivals ARRIVAL...] [quantum QUANTUM]`. POLICY is `fifo`, `sjf` or `rr`; jobs
//! arrive at 0 and the quantum is 1, where nothing else is said.

use std::process::ExitCode;

use crate::arguments::Lists;
use crate::program::print_line;
use crate::schedule::{Demands, Part, name};

pub use crate::schedule::{Slice, Times};

/// A job that wants the CPU. Its number is its place in the list of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// When it comes.
    pub arrival: u64,
    /// How long it runs altogether; at least 1.
    pub length: u64,
}

/// What the student writes: the schedule of a policy.
pub type Policy = fn(jobs: &[Job]) -> Vec<Slice>;

/// What the student writes: the schedule of round robin.
pub type RoundRobin = fn(jobs: &[Job], quantum: u64) -> Vec<Slice>;

/// What the student writes: what a job's slices, in order, mean for it.
pub type Measure = fn(job: Job, slices: &[Slice]) -> Times;

/// Runs the exercise.
#[must_use]
pub fn drive(fifo: Policy, sjf: Policy, round_robin: RoundRobin, measure: Measure) -> ExitCode {
    let mut words = std::env::args().skip(1);
    let policy = words.next().unwrap_or_default();
    let Some((jobs, quantum)) = read(words) else {
        return usage();
    };
    let slices = match policy.as_str() {
        "fifo" => fifo(&jobs),
        "sjf" => sjf(&jobs),
        "rr" => round_robin(&jobs, quantum),
        _ => return usage(),
    };
    let title = match policy.as_str() {
        "rr" => format!("round robin with a quantum of {quantum}"),
        policy => policy.to_uppercase(),
    };
    let demands = demands(&jobs);
    demands.print(&title, &slices, Part::Whole);
    let own = |number: usize| -> Vec<Slice> {
        let slices = slices.iter().copied();
        slices.filter(|slice| slice.job == number).collect()
    };
    let measured: Vec<Times> = jobs
        .iter()
        .enumerate()
        .map(|(number, job)| measure(*job, &own(number)))
        .collect();
    demands.print_times(&measured);
    tell_wrong_times(&jobs, &measured, &demands.times(&slices));
    ExitCode::SUCCESS
}

fn read(words: impl Iterator<Item = String>) -> Option<(Vec<Job>, u64)> {
    let lists = Lists::read(words, &["lengths", "arrivals", "quantum"])?;
    let quantum = lists.one("quantum", 1).filter(|quantum| *quantum > 0)?;
    let demands = lists.demands(lists.all("lengths").len(), 1)?.into_iter();
    let jobs = demands.map(|it| Job {
        arrival: it.arrival,
        length: it.length,
    });
    Some((jobs.collect(), quantum))
}

fn demands(jobs: &[Job]) -> Demands {
    let jobs = jobs.iter().map(|job| crate::arguments::Demand {
        arrival: job.arrival,
        length: job.length,
    });
    Demands::of(jobs.collect())
}

/// The times follow from the slices, whoever chose them: so it is known here which of them are wrong.
fn tell_wrong_times(jobs: &[Job], measured: &[Times], right: &[Times]) {
    for (number, (measured, right)) in measured.iter().zip(right).enumerate() {
        let (who, arrival) = (name(number), jobs[number].arrival);
        if arrival > 0 && measured.response == right.response + arrival {
            print_line(&format!(
                "response from zero: {who} arrives at {arrival}, and so long it has not waited for the CPU"
            ));
        } else if measured != right {
            print_line(&format!("the times of {who} do not follow from its slices"));
        }
    }
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: round-robin fifo|sjf|rr lengths LENGTH... [arrivals ARRIVAL...] [quantum QUANTUM]"
    );
    ExitCode::from(2)
}
