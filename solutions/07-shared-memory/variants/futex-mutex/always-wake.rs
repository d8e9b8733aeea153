//! Another way: two values, a look before the sleep, and a wake-up at every unlock, whether or not somebody sleeps.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::futex_mutex::drive;
use shared_memory::shared;
use shared_memory::shared::{Flags, SharedU32};

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
        for _ in 0..100 {
            if self.state.load(SeqCst) == 0 && self.state.swap(1, SeqCst) == 0 {
                return;
            }
            std::hint::spin_loop();
        }
        while self.state.swap(1, SeqCst) != 0 {
            self.state.futex_wait(Flags::empty(), 1);
        }
    }

    fn unlock(&self) {
        self.state.store(0, SeqCst);
        self.state.futex_wake(Flags::empty(), 1);
    }
}

fn main() -> ExitCode {
    drive(Mutex::new, Mutex::lock, Mutex::unlock)
}
