//! Mistake: state and count are two words, published and read one after the other.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::Ordering;

use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use prefork::scoreboard::{Feature, Requests, Row, State, Worker, drive};
use prefork::shared;
use prefork::shared::SharedU32;

shared! {
    /// What a worker tells about itself.
    #[derive(Debug)]
    struct Slot {
        state: SharedU32,
        served: SharedU32,
    }
}

impl Slot {
    fn new() -> Self {
        Self {
            state: SharedU32::new(0),
            served: SharedU32::new(0),
        }
    }

    fn publish(&self, state: State, served: u32) {
        self.served.store(served, Ordering::Release);
        self.state.store(u32::from(state as u8), Ordering::Release);
    }

    fn read(&self) -> (State, u32) {
        let state = self.state.load(Ordering::Acquire);
        let served = self.served.load(Ordering::Acquire);
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

/// Whether it has ended, without waiting for it: with WNOWAIT it stays a zombie.
fn has_ended(worker: &Worker<Slot>) -> nix::Result<bool> {
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    let status = waitid(Id::Pid(worker.pid), look)?;
    Ok(status != WaitStatus::StillAlive)
}

fn main() -> ExitCode {
    drive(Slot::new, Slot::publish, Slot::read, work, survey)
}
