//! Mistake: everybody waits for the count to be set back. A fast process has come again, and counted itself, before a slow one looks.

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
        if self.arrived.fetch_add(1, SeqCst) + 1 == self.members.load(SeqCst) {
            self.arrived.store(0, SeqCst);
            self.arrived.futex_wake(Flags::empty(), u32::MAX);
            return true;
        }
        loop {
            let arrived = self.arrived.load(SeqCst);
            if arrived == 0 {
                return false;
            }
            self.arrived.futex_wait(Flags::empty(), arrived);
        }
    }
}

fn main() -> ExitCode {
    drive(Barrier::new, Barrier::wait)
}
