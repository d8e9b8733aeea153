//! Reference answer of `semaphore`.

use std::process::ExitCode;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use shared_memory::semaphore::drive;
use shared_memory::shared;
use shared_memory::shared::{Flags, SharedU32};

shared! {
    #[derive(Debug)]
    struct Semaphore {
        permits: SharedU32,
    }
}

impl Semaphore {
    fn new(permits: u32) -> Self {
        Self {
            permits: SharedU32::new(permits),
        }
    }

    fn acquire(&self) {
        let mut permits = self.permits.load(Relaxed);
        loop {
            if permits == 0 {
                // The kernel compares once more before the sleep: a permit that has come back since then is not overlooked.
                // Why it returns does not matter; the next look decides.
                self.permits.futex_wait(Flags::empty(), 0);
                permits = self.permits.load(Relaxed);
                continue;
            }
            // Looking and taking are one step: two processes that saw the last permit cannot both take it.
            match self
                .permits
                .compare_exchange_weak(permits, permits - 1, Acquire, Relaxed)
            {
                Ok(_) => return,
                Err(now) => permits = now,
            }
        }
    }

    fn release(&self) {
        // First the permit, then the waking: whoever wakes up finds it. `Release` shows what was done inside to the next one.
        self.permits.fetch_add(1, Release);
        // One permit is enough for one sleeper. The call is made whether or not somebody sleeps; a second word that
        // counts the sleepers would save it.
        self.permits.futex_wake(Flags::empty(), 1);
    }
}

fn main() -> ExitCode {
    drive(Semaphore::new, Semaphore::acquire, Semaphore::release)
}
