//! Reference answer of `reusable-barrier`.

use std::process::ExitCode;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use barriers::reusable_barrier::drive;
use barriers::shared;
use barriers::shared::{Flags, SharedU32};

shared! {
    #[derive(Debug)]
    struct Barrier {
        members: SharedU32,
        arrived: SharedU32,
        /// How many rounds have been completed, modulo 2^32.
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
        // Read before arriving: as long as this process has not come, the round cannot end, so this is the round's own number.
        let generation = self.generation.load(Acquire);
        // Adding and learning the place are one step, so exactly one process is the last.
        if self.arrived.fetch_add(1, AcqRel) + 1 == self.members.load(Relaxed) {
            // First the count, then the generation: whoever sees the new generation may come again at once.
            self.arrived.store(0, Relaxed);
            self.generation.fetch_add(1, Release);
            self.generation.futex_wake(Flags::empty(), u32::MAX);
            return true;
        }
        // Nobody waits for the count: the fast ones of the next round change it while slow ones are still here.
        while self.generation.load(Acquire) == generation {
            self.generation.futex_wait(Flags::empty(), generation);
        }
        false
    }
}

fn main() -> ExitCode {
    drive(Barrier::new, Barrier::wait)
}
