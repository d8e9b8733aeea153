//! Mistake: the futex is called private, because that is faster. Then the kernel looks for sleepers in the waker's own process only.

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
        if self.state.compare_exchange(0, 1, SeqCst, SeqCst).is_ok() {
            return;
        }
        while self.state.swap(2, SeqCst) != 0 {
            self.state.futex_wait(Flags::PRIVATE, 2);
        }
    }

    fn unlock(&self) {
        if self.state.swap(0, SeqCst) == 2 {
            self.state.futex_wake(Flags::PRIVATE, 1);
        }
    }
}

fn main() -> ExitCode {
    drive(Mutex::new, Mutex::lock, Mutex::unlock)
}
