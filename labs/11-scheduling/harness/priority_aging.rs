//! Driver of `priority-aging`: a schedule by priorities, and who waited for how long.
//!
//! Usage: `priority-aging lengths LENGTH... priorities PRIORITY... [arrivals ARRIVAL...] [step STEP]`. Jobs arrive at 0 where
//! nothing else is said; without STEP nobody ages.

use std::process::ExitCode;

use crate::arguments::{Demand, Lists};
use crate::program::print_line;
use crate::schedule::{Demands, Part, name};

pub use crate::schedule::Slice;

/// A job that wants the CPU. Its number is its place in the list of jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// When it comes.
    pub arrival: u64,
    /// How long it runs altogether; at least 1.
    pub length: u64,
    /// How urgent it is: the smallest number first.
    pub priority: i64,
}

/// What the student writes: the schedule by priorities. With `step`, a job becomes more urgent by one for each so many ticks that it waits.
pub type Schedule = fn(jobs: &[Job], step: Option<i64>) -> Vec<Slice>;

/// Runs the exercise.
#[must_use]
pub fn drive(schedule: Schedule) -> ExitCode {
    let Some((jobs, step)) = read() else {
        eprintln!(
            "usage: priority-aging lengths LENGTH... priorities PRIORITY... [arrivals ARRIVAL...] [step STEP]"
        );
        return ExitCode::from(2);
    };
    let slices = schedule(&jobs, step);
    let demand = |job: &Job| Demand {
        arrival: job.arrival,
        length: job.length,
    };
    let demands = Demands::of(jobs.iter().map(demand).collect());
    let title = match step {
        None => "priorities, nobody ages".to_owned(),
        Some(step) => format!("priorities, one step for {step} ticks of waiting"),
    };
    demands.print(&title, &slices, Part::Whole);
    demands.print_times(&demands.times(&slices));
    for (number, job) in jobs.iter().enumerate() {
        let waited = longest_wait(number, job, &slices);
        print_line(&format!(
            "{}: priority {}, never waited longer than {waited} ticks",
            name(number),
            job.priority
        ));
        if step.is_some_and(|step| waited > longest_with_aging(&jobs, step)) {
            print_line(&format!(
                "starves: {} waits for {waited} ticks, though it ages",
                name(number)
            ));
        }
    }
    ExitCode::SUCCESS
}

fn read() -> Option<(Vec<Job>, Option<i64>)> {
    let names = ["lengths", "priorities", "arrivals", "step"];
    let lists = Lists::read(std::env::args().skip(1), &names)?;
    let step = i64::try_from(lists.one("step", 0)?).ok()?;
    let demands = lists.demands(lists.all("lengths").len(), 1)?.into_iter();
    let jobs = demands.enumerate().map(|(number, it)| Job {
        arrival: it.arrival,
        length: it.length,
        priority: lists.of("priorities", number, 0),
    });
    Some((jobs.collect(), Some(step).filter(|step| *step > 0)))
}

/// The longest time for which a job is there and does not run.
fn longest_wait(number: usize, job: &Job, slices: &[Slice]) -> u64 {
    let mut since = job.arrival;
    let mut longest = 0;
    for slice in slices.iter().filter(|slice| slice.job == number) {
        longest = longest.max(slice.start.saturating_sub(since));
        since = slice.end;
    }
    longest
}

/// Nobody waits longer than this if everybody ages. Who has waited so long is more urgent than anybody was at first by as many
/// steps as there are jobs; each other job can come before it once at the most, for one tick.
fn longest_with_aging(jobs: &[Job], step: i64) -> u64 {
    let priorities = || jobs.iter().map(|job| job.priority);
    let range = priorities().max().unwrap_or(0) - priorities().min().unwrap_or(0);
    let steps = range.unsigned_abs() + jobs.len() as u64;
    steps * step.unsigned_abs() + jobs.len() as u64
}
