//! Driver of `racy-counter`: workers that add to one counter, and a gate that keeps each of them at the worst place.
//!
//! Usage: `racy-counter [WORKERS [ROUNDS]]` (default 3 workers, 4 rounds; up to 8 workers and 20 rounds).
//!
//! Whoever has loaded the counter goes on only when every other worker has loaded it too, has finished, or sleeps because
//! it is locked out. So an addition that can get lost is lost, in every run, and a lock that keeps the others out is not disturbed.

mod gate;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::process::ExitCode;

use nix::unistd::{Pid, getpid};

use crate::notes::share_zeros;
use crate::program::{Program, print_line};
use gate::Gate;

const MOST_WORKERS: usize = gate::MOST;
const MOST_ROUNDS: usize = 20;

/// What is to be counted, and where.
#[derive(Debug, Clone, Copy)]
pub struct Tally {
    workers: usize,
    rounds: usize,
    gate: &'static Gate,
}

impl Tally {
    /// How many workers there are to be, each in a process of its own.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// How often each worker adds one.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.rounds
    }

    /// The calling process is the worker of this number, from 0. Returns when all of them have begun.
    #[must_use]
    pub fn begin(&self, worker: usize) -> Worker {
        self.gate.begin(worker, self.workers);
        Worker {
            tally: *self,
            index: worker,
            loaded: Cell::new(None),
            stored: Cell::new(0),
        }
    }
}

/// A worker that has begun.
#[derive(Debug)]
pub struct Worker {
    tally: Tally,
    index: usize,
    loaded: Cell<Option<u64>>,
    stored: Cell<usize>,
}

impl Worker {
    /// Reads the counter.
    #[must_use]
    pub fn load(&self) -> u64 {
        let Tally { gate, workers, .. } = self.tally;
        let value = gate.load(self.index, workers, self.stored.get());
        self.loaded.set(Some(value));
        value
    }

    /// Writes the counter.
    pub fn store(&self, value: u64) {
        if self.loaded.take().map(|loaded| loaded + 1) == Some(value) {
            self.tally.gate.note_addition(self.index);
        }
        self.stored.set(self.stored.get() + 1);
        let is_last = self.stored.get() == self.tally.rounds;
        self.tally.gate.store(self.index, value, is_last);
    }
}

/// What the student writes: a process for each worker, which adds one to the counter so many times.
pub type Count = fn(tally: &Tally) -> nix::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(count_without_lock: Count, count_with_lock: Count) -> ExitCode {
    let program = Program::begin();
    let Some((workers, rounds)) = arguments(std::env::args().skip(1)) else {
        eprintln!(
            "usage: racy-counter [WORKERS [ROUNDS]]: 2 to {MOST_WORKERS} workers, 1 to {MOST_ROUNDS} rounds"
        );
        return ExitCode::from(2);
    };
    let all = (workers * rounds) as u64;
    print_line(&format!("{workers} workers add {rounds} each"));
    for (how, function, count) in [
        ("without a lock", "count_without_lock", count_without_lock),
        ("with a lock", "count_with_lock", count_with_lock),
    ] {
        let gate = match share_zeros::<Gate>() {
            Ok(gate) => gate,
            Err(error) => {
                eprintln!("racy-counter: no shared memory: {error}");
                return ExitCode::FAILURE;
            }
        };
        let tally = Tally {
            workers,
            rounds,
            gate,
        };
        let result = count(&tally);
        let code = program.end(function, result, |()| {
            let counted = gate.value();
            print_line(&format!("{how}: the counter is {counted} of {all}"));
            if how == "with a lock" && counted < all {
                print_line("lost: the lock does not keep the others out");
            }
            if gate.was_spinning() {
                print_line("busy waiting: a worker that is locked out does not sleep");
            }
            for number in without_own_process(gate.pids(workers), getpid()) {
                print_line(&format!(
                    "made up: worker {number} had no process of its own, {how}"
                ));
            }
            for (number, added) in (1..).zip(gate.additions(workers)) {
                if added == 0 {
                    print_line(&format!(
                        "made up: worker {number} has never added one, {how}"
                    ));
                } else if added != rounds {
                    print_line(&format!(
                        "worker {number} has added one {added} times, not {rounds}, {how}"
                    ));
                }
            }
        });
        if code != ExitCode::SUCCESS {
            return code;
        }
    }
    ExitCode::SUCCESS
}

fn arguments(mut args: impl Iterator<Item = String>) -> Option<(usize, usize)> {
    let workers = args.next().map_or(Some(3), |arg| arg.parse().ok())?;
    let rounds = args.next().map_or(Some(4), |arg| arg.parse().ok())?;
    let is_possible = args.next().is_none()
        && (2..=MOST_WORKERS).contains(&workers)
        && (1..=MOST_ROUNDS).contains(&rounds);
    is_possible.then_some((workers, rounds))
}

/// The workers that have not begun, or begun in a process that was not theirs.
fn without_own_process(pids: impl Iterator<Item = Option<Pid>>, main: Pid) -> Vec<usize> {
    let mut taken = BTreeSet::from([main]);
    let mut without = Vec::new();
    for (index, pid) in pids.enumerate() {
        if !pid.is_some_and(|pid| taken.insert(pid)) {
            without.push(index + 1);
        }
    }
    without
}
