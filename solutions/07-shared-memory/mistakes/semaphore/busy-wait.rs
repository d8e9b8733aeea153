//! Mistake: nobody sleeps. Who finds no permit looks again, and takes the CPU from the one who could give a permit back.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::semaphore::drive;
use shared_memory::shared;
use shared_memory::shared::SharedU32;

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
                std::thread::yield_now();
            } else if self.permits.compare_exchange(permits, permits - 1, SeqCst, SeqCst).is_ok() {
                return;
            }
        }
    }

    fn release(&self) {
        self.permits.fetch_add(1, SeqCst);
    }
}

fn main() -> ExitCode {
    drive(Semaphore::new, Semaphore::acquire, Semaphore::release)
}
