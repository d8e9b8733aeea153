//! Another way: tickets, served in order. All sleepers are woken, because only one of them, and nobody knows which, has the next number.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::futex_mutex::drive;
use shared_memory::shared;
use shared_memory::shared::{Flags, SharedU32};

shared! {
    #[derive(Debug)]
    struct Mutex {
        next: SharedU32,
        serving: SharedU32,
    }
}

impl Mutex {
    fn new() -> Self {
        Self {
            next: SharedU32::new(0),
            serving: SharedU32::new(0),
        }
    }

    fn lock(&self) {
        let ticket = self.next.fetch_add(1, SeqCst);
        loop {
            let serving = self.serving.load(SeqCst);
            if serving == ticket {
                return;
            }
            self.serving.futex_wait(Flags::empty(), serving);
        }
    }

    fn unlock(&self) {
        self.serving.fetch_add(1, SeqCst);
        self.serving.futex_wake(Flags::empty(), u32::MAX);
    }
}

fn main() -> ExitCode {
    drive(Mutex::new, Mutex::lock, Mutex::unlock)
}
