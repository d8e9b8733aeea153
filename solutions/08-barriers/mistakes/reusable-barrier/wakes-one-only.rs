//! Mistake: the last one wakes one process, and that one wakes nobody. The others sleep on, although all have come.

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
        generation: SharedU32,
    }
}

impl Barrier {
    fn new(members: u32) -> Self {
        Self {
            members: SharedU32::new(members),
            arrived: SharedU32::new(0),
            generation: SharedU32::new(0),
        }
    }

    fn wait(&self) -> bool {
        let generation = self.generation.load(SeqCst);
        if self.arrived.fetch_add(1, SeqCst) + 1 == self.members.load(SeqCst) {
            self.arrived.store(0, SeqCst);
            self.generation.fetch_add(1, SeqCst);
            self.generation.futex_wake(Flags::empty(), 1);
            return true;
        }
        while self.generation.load(SeqCst) == generation {
            self.generation.futex_wait(Flags::empty(), generation);
        }
        false
    }
}

fn main() -> ExitCode {
    drive(Barrier::new, Barrier::wait)
}
