//! Mistake: a worker that has ended is shown as what it published last.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use nix::sys::signal::kill;
use prefork::scoreboard::{Feature, Requests, Row, State, Worker, drive};
use prefork::shared;
use prefork::shared::SharedU64;

shared! {
    /// What a worker tells about itself: the state in the upper half, the count in the lower one.
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
        // One store: who reads gets all of it or nothing of it, also when the worker is killed here.
        let word = u64::from(state as u8) << 32 | u64::from(served);
        self.word.store(word, Ordering::Release);
    }

    fn read(&self) -> (State, u32) {
        // One load: with two, the worker could publish in between.
        let word = self.word.load(Ordering::Acquire);
        let [served, state] = [word & u64::from(u32::MAX), word >> 32]
            .map(|half| u32::try_from(half).unwrap_or_default());
        let state = u8::try_from(state).ok().and_then(State::of_number);
        (state.unwrap_or(State::Idle), served)
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
        // There is a process with this number.
        let is_alive = kill(worker.pid, None).is_ok();
        let state = if is_alive { state } else { State::Zombie };
        Ok(Row { state, served })
    });
    rows.collect()
}

fn main() -> ExitCode {
    drive(Slot::new, Slot::publish, Slot::read, work, survey)
}
