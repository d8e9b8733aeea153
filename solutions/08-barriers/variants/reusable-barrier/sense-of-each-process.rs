//! Another way: the generation has two values only, and each process remembers by itself which one comes next.

use std::process::ExitCode;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;

use barriers::reusable_barrier::drive;
use barriers::shared;
use barriers::shared::{Flags, SharedU32};

static SENSE: AtomicU32 = AtomicU32::new(0);

shared! {
    #[derive(Debug)]
    struct Barrier {
        members: SharedU32,
        arrived: SharedU32,
        sense: SharedU32,
    }
}

impl Barrier {
    fn new(members: u32) -> Self {
        Self {
            members: SharedU32::new(members),
            arrived: SharedU32::new(0),
            sense: SharedU32::new(0),
        }
    }

    fn wait(&self) -> bool {
        // Memory of this process alone: a static is not shared by fork, only copied.
        let next = 1 - SENSE.load(SeqCst);
        SENSE.store(next, SeqCst);
        if self.arrived.fetch_add(1, SeqCst) + 1 == self.members.load(SeqCst) {
            self.arrived.store(0, SeqCst);
            self.sense.store(next, SeqCst);
            self.sense.futex_wake(Flags::empty(), u32::MAX);
            return true;
        }
        while self.sense.load(SeqCst) != next {
            self.sense.futex_wait(Flags::empty(), 1 - next);
        }
        false
    }
}

fn main() -> ExitCode {
    drive(Barrier::new, Barrier::wait)
}
