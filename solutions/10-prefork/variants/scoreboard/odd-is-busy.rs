//! Variant: one number for both: twice the count, and one more while a request is in hand; the dead are found in /proc.

use std::fs;
use std::io;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use prefork::scoreboard::{Feature, Requests, Row, State, Worker, drive};
use prefork::shared;
use prefork::shared::SharedU64;

shared! {
    /// What a worker tells about itself: twice the count, and one more while it is busy.
    #[derive(Debug)]
    struct Slot {
        word: SharedU64,
    }
}

impl Slot {
    fn new() -> Self {
        Self {
            word: SharedU64::new(0),
        }
    }

    fn publish(&self, state: State, served: u32) {
        let word = u64::from(served) * 2 + u64::from(state == State::Busy);
        self.word.swap(word, Ordering::AcqRel);
    }

    fn read(&self) -> (State, u32) {
        let word = self.word.load(Ordering::Acquire);
        let state = if word % 2 == 1 {
            State::Busy
        } else {
            State::Idle
        };
        (state, u32::try_from(word / 2).unwrap_or(u32::MAX))
    }
}

fn work(slot: &Slot, feature: &Feature, requests: &Requests) -> io::Result<()> {
    let mut served = 0;
    while let Some(request) = requests.next()? {
        slot.publish(State::Busy, served);
        // Asked for each request: what was true for the last one is history.
        request.answer(feature.is_on())?;
        served += 1;
        slot.publish(State::Idle, served);
    }
    Ok(())
}

fn survey(workers: &[Worker<Slot>]) -> io::Result<Vec<Row>> {
    let rows = workers.iter().map(|worker| {
        let (state, served) = worker.slot.read();
        // A worker that was killed has published nothing about it: its slot says what it did last.
        let state = if has_ended(worker)? {
            State::Zombie
        } else {
            state
        };
        Ok(Row { state, served })
    });
    rows.collect()
}

/// Whether its state is Z. The name before it can contain any character, parentheses as well.
fn has_ended(worker: &Worker<Slot>) -> io::Result<bool> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", worker.pid))?;
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
    Ok(state.is_some_and(|rest| rest.starts_with('Z')))
}

fn main() -> ExitCode {
    drive(Slot::new, Slot::publish, Slot::read, work, survey)
}
