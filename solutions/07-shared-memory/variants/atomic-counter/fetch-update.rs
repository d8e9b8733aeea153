//! Variant: the loop that the standard library has for changes that depend on the value.

use std::process::ExitCode;
use std::sync::atomic::Ordering::{AcqRel, Acquire};

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
        let more = |value: u64| value.checked_add(1);
        let _ = self.value.fetch_update(AcqRel, Acquire, more);
    }

    fn add_one_up_to(&self, limit: u64) -> bool {
        let more = |value: u64| (value < limit).then_some(value + 1);
        self.value.fetch_update(AcqRel, Acquire, more).is_ok()
    }

    fn value(&self) -> u64 {
        self.value.load(Acquire)
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
