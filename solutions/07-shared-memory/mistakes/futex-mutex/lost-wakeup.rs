//! Mistake: before the sleep the word is read once more, and whatever it is, is what the sleep is for: also the 0 of a mutex that has just been
//! unlocked.

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
        while self.state.swap(1, SeqCst) != 0 {
            let now = self.state.load(SeqCst);
            self.state.futex_wait(Flags::empty(), now);
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
