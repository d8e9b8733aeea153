//! Mistake: who has slept takes the mutex with a 1, "nobody sleeps". With a second sleeper that is not so, and its wake-up
//! never comes.

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
        while self.state.compare_exchange(0, 1, SeqCst, SeqCst).is_err() {
            // The mark for `unlock`: somebody sleeps.
            if self.state.compare_exchange(1, 2, SeqCst, SeqCst) != Err(0) {
                self.state.futex_wait(Flags::empty(), 2);
            }
        }
    }

    fn unlock(&self) {
        if self.state.swap(0, SeqCst) == 2 {
            self.state.futex_wake(Flags::empty(), 1);
        }
    }
}

fn main() -> ExitCode {
    drive(Mutex::new, Mutex::lock, Mutex::unlock)
}
