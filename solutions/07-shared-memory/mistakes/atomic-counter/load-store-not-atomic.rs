//! Mistake: an atomic load and an atomic store. Each is one step, and both together are two.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

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
        let value = self.value.load(SeqCst);
        self.value.store(value + 1, SeqCst);
    }

    fn add_one_up_to(&self, limit: u64) -> bool {
        let mut value = self.value.load(SeqCst);
        while value < limit {
            match self
                .value
                .compare_exchange(value, value + 1, SeqCst, SeqCst)
            {
                Ok(_) => return true,
                Err(now) => value = now,
            }
        }
        false
    }

    fn value(&self) -> u64 {
        self.value.load(SeqCst)
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
