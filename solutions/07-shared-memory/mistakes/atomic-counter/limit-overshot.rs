//! Mistake: adds first and looks afterwards. Until it has taken the addition back, the counter is above the limit.

use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;

use shared_memory::atomic_counter::drive;
use shared_memory::shared;
use shared_memory::shared::SharedU64;

shared! {
    #[derive(Debug)]
    struct Counter {
        value: SharedU64,
    }
}

impl Counter {
    fn new() -> Self {
        Self {
            value: SharedU64::new(0),
        }
    }

    fn add_one(&self) {
        self.value.fetch_add(1, Relaxed);
    }

    fn add_one_up_to(&self, limit: u64) -> bool {
        if self.value.fetch_add(1, Relaxed) < limit {
            return true;
        }
        self.value.fetch_sub(1, Relaxed);
        false
    }

    fn value(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

fn main() -> ExitCode {
    drive(
        Counter::new,
        Counter::add_one,
        Counter::add_one_up_to,
        Counter::value,
    )
}
