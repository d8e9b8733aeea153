//! Another way: one word counts all arrivals. The round is over when the count has come to the next multiple of the members.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use barriers::reusable_barrier::drive;
use barriers::shared;
use barriers::shared::{Flags, SharedU32};

shared! {
    #[derive(Debug)]
    struct Barrier {
        members: SharedU32,
        arrived: SharedU32,
    }
}

impl Barrier {
    fn new(members: u32) -> Self {
        Self {
            members: SharedU32::new(members),
            arrived: SharedU32::new(0),
        }
    }

    fn wait(&self) -> bool {
        let members = self.members.load(SeqCst);
        let place = self.arrived.fetch_add(1, SeqCst);
        let end = (place / members + 1) * members;
        let arrived = place + 1;
        if arrived == end {
            self.arrived.futex_wake(Flags::empty(), u32::MAX);
            return true;
        }
        loop {
            let now = self.arrived.load(SeqCst);
            if now >= end {
                return false;
            }
            self.arrived.futex_wait(Flags::empty(), now);
        }
    }
}

fn main() -> ExitCode {
    drive(Barrier::new, Barrier::wait)
}
