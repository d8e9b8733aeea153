//! Another way: a second word counts those who sleep or are about to, and nobody is woken where there is none.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::semaphore::drive;
use shared_memory::shared;
use shared_memory::shared::{Flags, SharedU32};

shared! {
    #[derive(Debug)]
    struct Semaphore {
        permits: SharedU32,
        sleepers: SharedU32,
    }
}

impl Semaphore {
    fn new(permits: u32) -> Self {
        Self {
            permits: SharedU32::new(permits),
            sleepers: SharedU32::new(0),
        }
    }

    fn acquire(&self) {
        if self.try_acquire() {
            return;
        }
        // Counted before the next look: whoever gives a permit back after it sees that there is somebody to wake.
        self.sleepers.fetch_add(1, SeqCst);
        while !self.try_acquire() {
            self.permits.futex_wait(Flags::empty(), 0);
        }
        self.sleepers.fetch_sub(1, SeqCst);
    }

    fn try_acquire(&self) -> bool {
        self.permits.fetch_update(SeqCst, SeqCst, |permits| permits.checked_sub(1)).is_ok()
    }

    fn release(&self) {
        self.permits.fetch_add(1, SeqCst);
        if self.sleepers.load(SeqCst) > 0 {
            self.permits.futex_wake(Flags::empty(), 1);
        }
    }
}

fn main() -> ExitCode {
    drive(Semaphore::new, Semaphore::acquire, Semaphore::release)
}
