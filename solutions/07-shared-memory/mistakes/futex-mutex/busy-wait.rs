//! Mistake: a spin lock. Who finds the mutex taken looks again, and takes the CPU from the one who holds it.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::futex_mutex::drive;
use shared_memory::shared;
use shared_memory::shared::SharedU32;

shared! {
    #[derive(Debug)]
    struct Mutex {
        state: SharedU32,
    }
}

impl Mutex {
    fn new() -> Self {
        Self {
            state: SharedU32::new(0),
        }
    }

    fn lock(&self) {
        while self.state.compare_exchange(0, 1, SeqCst, SeqCst).is_err() {
            std::hint::spin_loop();
        }
    }

    fn unlock(&self) {
        self.state.store(0, SeqCst);
    }
}

fn main() -> ExitCode {
    drive(Mutex::new, Mutex::lock, Mutex::unlock)
}
