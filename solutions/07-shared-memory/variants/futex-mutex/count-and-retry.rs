//! Another way: a second word counts those who want in; nobody is woken where there is none.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::futex_mutex::drive;
use shared_memory::shared;
use shared_memory::shared::{Flags, SharedU32};

shared! {
    #[derive(Debug)]
    struct Mutex {
        wanting: SharedU32,
        free: SharedU32,
    }
}

impl Mutex {
    fn new() -> Self {
        Self {
            wanting: SharedU32::new(0),
            free: SharedU32::new(1),
        }
    }

    fn lock(&self) {
        self.wanting.fetch_add(1, SeqCst);
        while self.free.compare_exchange(1, 0, SeqCst, SeqCst).is_err() {
            self.free.futex_wait(Flags::empty(), 0);
        }
    }

    fn unlock(&self) {
        // First free, then the look at who wants it: whoever counts itself after this look finds the mutex free.
        self.free.store(1, SeqCst);
        if self.wanting.fetch_sub(1, SeqCst) > 1 {
            self.free.futex_wake(Flags::empty(), 1);
        }
    }
}

fn main() -> ExitCode {
    drive(Mutex::new, Mutex::lock, Mutex::unlock)
}
