//! Reference answer of `atomic-counter`.

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
        // One operation of the processor: nobody can come between its load and its store. `Relaxed`, because the count
        // is all that is shared: no other memory is handed over with it.
        self.value.fetch_add(1, Relaxed);
    }

    fn add_one_up_to(&self, limit: u64) -> bool {
        let mut value = self.value.load(Relaxed);
        while value < limit {
            // "If it is still what I have seen, make it one more": the look and the change are one step.
            match self
                .value
                .compare_exchange(value, value + 1, Relaxed, Relaxed)
            {
                Ok(_) => return true,
                // Somebody was faster, so somebody got on. The new value decides whether there is room left.
                Err(now) => value = now,
            }
        }
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
