//! Driver of `partitioned-counter`: workers that count, each in a lane of its own.
//!
//! Usage: `partitioned-counter [WORKERS [ROUNDS]]` (default 4 workers that count to 1000000 each; up to 16 workers).
//!
//! How long it took goes to standard error, because it is different in every run. What is judged is where the lanes are.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use nix::unistd::{Pid, getpid};

use crate::notes::{Note, Notes};
use crate::place::Place;
use crate::program::{Program, print_line, say};

static NOTES: Notes = Notes::new();

/// Notes of a worker have its number and one of these.
const LANE: u64 = 0;
const TIME: u64 = 100;

const MOST_WORKERS: u64 = 16;
const MOST_ROUNDS: u64 = 100_000_000;

/// The part of memory that a CPU's cache takes from another one's as a whole.
const CACHE_LINE: u64 = 64;

/// One worker: the work of one process.
#[derive(Debug)]
pub struct Worker {
    number: u64,
    rounds: u64,
}

impl Worker {
    /// Counts in the lane, which nobody else may write to. That is why a load and a store will do: there is no update
    /// that could get lost.
    pub fn count(&self, lane: &AtomicU64) {
        say(&format!("worker {} counts to {}", self.number, self.rounds));
        if let Some(place) = Place::of(lane) {
            NOTES.add(LANE + self.number, place.to_numbers());
        }
        let begin = Instant::now();
        for _ in 0..self.rounds {
            lane.store(lane.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        let time = u64::try_from(begin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        NOTES.add(TIME + self.number, [time, 0, 0, 0]);
    }
}

/// What the student writes: a process for each worker, which counts in a lane of its own, and the sum of all lanes.
pub type CountInLanes = fn(workers: &[Worker]) -> nix::Result<u64>;

/// Runs the exercise.
#[must_use]
pub fn drive(count_in_lanes: CountInLanes) -> ExitCode {
    let program = Program::begin();
    let Some(workers) = workers(std::env::args().skip(1)) else {
        eprintln!(
            "usage: partitioned-counter [WORKERS [ROUNDS]]: up to {MOST_WORKERS} workers, up to {MOST_ROUNDS} rounds"
        );
        return ExitCode::from(2);
    };
    if let Err(error) = NOTES.begin() {
        eprintln!("partitioned-counter: no shared memory: {error}");
        return ExitCode::FAILURE;
    }
    let result = count_in_lanes(&workers);
    program.end("count_in_lanes", result, |sum| {
        print_line(&format!("{} workers have counted to {sum}", workers.len()));
        for line in judge(&workers, getpid()) {
            print_line(&line);
        }
        for worker in &workers {
            report_time(worker);
        }
    })
}

fn workers(mut args: impl Iterator<Item = String>) -> Option<Vec<Worker>> {
    let count = args.next().map_or(Some(4), |arg| arg.parse().ok())?;
    let rounds = args
        .next()
        .map_or(Some(1_000_000), |arg| arg.parse().ok())?;
    let is_possible =
        args.next().is_none() && (1..=MOST_WORKERS).contains(&count) && rounds <= MOST_ROUNDS;
    is_possible.then(|| {
        (1..=count)
            .map(|number| Worker { number, rounds })
            .collect()
    })
}

/// What is wrong with the lanes.
fn judge(workers: &[Worker], main: Pid) -> Vec<String> {
    let mut taken = BTreeSet::from([main]);
    let mut lanes: Vec<(u64, Place)> = Vec::new();
    let mut lines = Vec::new();
    for worker in workers {
        let number = worker.number;
        let Some(Note { values, pid, .. }) = NOTES.of(LANE + number).first().copied() else {
            lines.push(format!("made up: worker {number} has not counted"));
            continue;
        };
        if !taken.insert(pid) {
            lines.push(format!(
                "made up: worker {number} has no process of its own"
            ));
        }
        let place = Place::from_numbers(values);
        if !place.is_shared {
            lines.push(format!(
                "private: the lane of worker {number} is in its own memory"
            ));
        }
        lanes.push((number, place));
    }
    let line = |place: &Place| Place {
        offset: place.offset / CACHE_LINE,
        ..*place
    };
    for (at, (number, place)) in lanes.iter().enumerate() {
        let mut before = lanes[..at].iter().filter(|_| place.is_shared);
        if let Some((other, other_place)) = before.find(|(_, other)| line(other) == line(place)) {
            lines.push(if other_place == place {
                format!("one lane: workers {other} and {number} count in the same one")
            } else {
                format!(
                    "side by side: the lanes of workers {other} and {number} are in one cache line"
                )
            });
        }
    }
    lines
}

fn report_time(worker: &Worker) {
    for note in NOTES.of(TIME + worker.number) {
        let time = Duration::from_nanos(note.values[0]);
        let each = note.values[0] as f64 / worker.rounds.max(1) as f64;
        eprintln!("worker {}: {time:.1?}, {each:.2} ns a round", worker.number);
    }
}
