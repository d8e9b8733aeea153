//! Reference answer of `futex-mutex`.

use std::process::ExitCode;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use shared_memory::futex_mutex::drive;
use shared_memory::shared;
use shared_memory::shared::{Flags, SharedU32};

const UNLOCKED: u32 = 0;
const LOCKED: u32 = 1;
/// Locked, and somebody may sleep.
const SLEEPERS: u32 = 2;

shared! {
    #[derive(Debug)]
    struct Mutex {
        state: SharedU32,
    }
}

impl Mutex {
    fn new() -> Self {
        Self {
            state: SharedU32::new(UNLOCKED),
        }
    }

    fn lock(&self) {
        // Nobody has it and nobody waits: one operation, and the kernel is not asked.
        let taken = self
            .state
            .compare_exchange(UNLOCKED, LOCKED, Acquire, Relaxed);
        if taken.is_ok() {
            return;
        }
        // The mark for "somebody may sleep" is set by the same operation that tries to take the lock. It stays when that
        // succeeds: whoever has been here does not know whether others still sleep, and its `unlock` has to wake them.
        while self.state.swap(SLEEPERS, Acquire) != UNLOCKED {
            // It sleeps only if the mark is still there. Why it returns does not matter: the next `swap` decides.
            self.state.futex_wait(Flags::empty(), SLEEPERS);
        }
    }

    fn unlock(&self) {
        // Reading the mark and unlocking are one operation: a mark that is set in between would be overlooked.
        if self.state.swap(UNLOCKED, Release) == SLEEPERS {
            self.state.futex_wake(Flags::empty(), 1);
        }
    }
}

fn main() -> ExitCode {
    drive(Mutex::new, Mutex::lock, Mutex::unlock)
}
