//! Mistake: looking and taking are two steps. Two processes see that the mutex is free, and both take it.

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
        while self.state.load(SeqCst) != 0 {
            self.state.futex_wait(Flags::empty(), 1);
        }
        self.state.store(1, SeqCst);
    }

    fn unlock(&self) {
        self.state.store(0, SeqCst);
        self.state.futex_wake(Flags::empty(), 1);
    }
}

fn main() -> ExitCode {
    drive(Mutex::new, Mutex::lock, Mutex::unlock)
}
