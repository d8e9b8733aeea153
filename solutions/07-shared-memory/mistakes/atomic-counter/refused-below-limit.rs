//! Mistake: tries once. Who was overtaken says that there is no room, though there is.

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
        let value = self.value.load(Relaxed);
        value < limit
            && self
                .value
                .compare_exchange(value, value + 1, Relaxed, Relaxed)
                .is_ok()
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
