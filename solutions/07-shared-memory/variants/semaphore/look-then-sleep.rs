//! Another way: look for a while before sleeping, and wake everybody; who comes too late sleeps again.

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
        let mut looks = 0;
        loop {
            let permits = self.permits.load(SeqCst);
            if permits > 0 {
                if self.permits.compare_exchange(permits, permits - 1, SeqCst, SeqCst).is_ok() {
                    return;
                }
            } else if looks < 1000 {
                looks += 1;
                std::hint::spin_loop();
            } else {
                self.permits.futex_wait(Flags::empty(), 0);
            }
        }
    }

    fn release(&self) {
        self.permits.fetch_add(1, SeqCst);
        self.permits.futex_wake(Flags::empty(), u32::MAX);
    }
}

fn main() -> ExitCode {
    drive(Semaphore::new, Semaphore::acquire, Semaphore::release)
}
