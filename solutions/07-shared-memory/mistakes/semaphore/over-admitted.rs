//! Mistake: looking and taking are two steps. Two processes look while there is one permit, and both take it.

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
            if permits > 0 {
                self.permits.store(permits - 1, SeqCst);
                return;
            }
            self.permits.futex_wait(Flags::empty(), 0);
        }
    }

    fn release(&self) {
        self.permits.fetch_add(1, SeqCst);
        self.permits.futex_wake(Flags::empty(), 1);
    }
}

fn main() -> ExitCode {
    drive(Semaphore::new, Semaphore::acquire, Semaphore::release)
}
