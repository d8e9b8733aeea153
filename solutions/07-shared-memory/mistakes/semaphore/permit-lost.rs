//! Mistake: a permit is given back by reading the number and writing a greater one. What others do in between is undone.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

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
        loop {
            let permits = self.permits.load(SeqCst);
            if permits == 0 {
                self.permits.futex_wait(Flags::empty(), 0);
            } else if self.permits.compare_exchange(permits, permits - 1, SeqCst, SeqCst).is_ok() {
                return;
            }
        }
    }

    fn release(&self) {
        let permits = self.permits.load(SeqCst);
        self.permits.store(permits + 1, SeqCst);
        self.permits.futex_wake(Flags::empty(), 1);
    }
}

fn main() -> ExitCode {
    drive(Semaphore::new, Semaphore::acquire, Semaphore::release)
}
