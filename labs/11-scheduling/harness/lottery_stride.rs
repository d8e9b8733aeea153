//! Driver of `lottery-stride`: shares by chance, and the same shares without chance.
//!
//! Usage: `lottery-stride lottery tickets TICKETS... lengths LENGTH... draws DRAW... [quantum QUANTUM]`
//! or `lottery-stride stride tickets TICKETS... lengths LENGTH... [quantum QUANTUM]`. The quantum is 1 where nothing else is said.

use std::process::ExitCode;

use crate::arguments::{Demand, Lists};
use crate::schedule::{Demands, Part, join, print_shares};

pub use crate::schedule::Slice;

/// A job with this many tickets has a stride of 1.
pub const STRIDE_OF_ONE: u64 = 10_000;

/// A job that wants the CPU. Its number is its place in the list of jobs. All of them are there at 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// How long it runs altogether; at least 1.
    pub length: u64,
    /// How many tickets it holds; from 1 to [`STRIDE_OF_ONE`].
    pub tickets: u64,
}

/// The numbers that were drawn.
#[derive(Debug)]
pub struct Draws {
    numbers: Vec<u64>,
    next: usize,
}

impl Draws {
    /// The next number. After the last one comes the first one again.
    pub fn draw(&mut self) -> u64 {
        let number = self.numbers[self.next % self.numbers.len()];
        self.next += 1;
        number
    }
}

/// What the student writes: the schedule of a lottery.
pub type Lottery = fn(jobs: &[Job], quantum: u64, draws: &mut Draws) -> Vec<Slice>;

/// What the student writes: the schedule by strides.
pub type Stride = fn(jobs: &[Job], quantum: u64) -> Vec<Slice>;

/// Runs the exercise.
#[must_use]
pub fn drive(lottery: Lottery, stride: Stride) -> ExitCode {
    let mut words = std::env::args().skip(1);
    let policy = words.next().unwrap_or_default();
    let Some((jobs, quantum, mut draws)) = read(words) else {
        return usage();
    };
    let slices = match policy.as_str() {
        "lottery" if draws.numbers.is_empty() => return usage(),
        "lottery" => lottery(&jobs, quantum, &mut draws),
        "stride" => stride(&jobs, quantum),
        _ => return usage(),
    };
    let demand = |job: &Job| Demand {
        arrival: 0,
        length: job.length,
    };
    let demands = Demands::of(jobs.iter().map(demand).collect());
    demands.print(&policy, &slices, Part::Beginning);
    demands.print_times(&demands.times(&slices));
    // The shares while all of them want to run: until the first one has ended.
    let first_end = jobs.iter().enumerate().filter_map(|(number, _)| {
        let last = slices.iter().rfind(|slice| slice.job == number)?;
        Some(last.end)
    });
    let first_end = first_end.min().unwrap_or(0);
    let together: Vec<Slice> = join(&slices)
        .into_iter()
        .filter(|slice| slice.end <= first_end)
        .collect();
    print_shares(&together, jobs.len(), |number| {
        format!("{} tickets, until {first_end}", jobs[number].tickets)
    });
    ExitCode::SUCCESS
}

fn read(words: impl Iterator<Item = String>) -> Option<(Vec<Job>, u64, Draws)> {
    let lists = Lists::read(words, &["tickets", "lengths", "draws", "quantum"])?;
    let quantum = lists.one("quantum", 1).filter(|quantum| *quantum > 0)?;
    let tickets = lists.all_from("tickets", 1)?;
    let draws = Draws {
        numbers: lists.all_from("draws", 0)?,
        next: 0,
    };
    let demands = lists.demands(tickets.len(), 1)?.into_iter();
    let jobs: Vec<Job> = demands
        .zip(tickets)
        .map(|(it, tickets)| Job {
            length: it.length,
            tickets,
        })
        .collect();
    let is_known = jobs.iter().all(|job| job.tickets <= STRIDE_OF_ONE);
    is_known.then_some((jobs, quantum, draws))
}

fn usage() -> ExitCode {
    eprintln!(
        "usage: lottery-stride lottery|stride tickets TICKETS... lengths LENGTH... [draws DRAW...] [quantum QUANTUM]"
    );
    ExitCode::from(2)
}
