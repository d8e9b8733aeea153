//! Exercise `atomic-counter`: one step instead of three.
//!
//! It shows how a processor makes "load, change, store" one operation, that two atomic operations are not one, and how
//! a change that depends on the value is tried until it fits. The driver puts the operations of all processes into every
//! order that matters.
//!
//! Calls: none of the kernel's; the operations of `std::sync::atomic::AtomicU64`, on a `SharedU64`.
//! Run it: `cargo run -p shared-memory --bin atomic-counter`, and with more processes: `… --bin atomic-counter 4`.
//! Edit: the bodies of `Counter`'s functions, and its fields if you need others.

use std::process::ExitCode;

use shared_memory::atomic_counter::drive;
use shared_memory::shared;
use shared_memory::shared::SharedU64;

shared! {
    /// The counter. It lies in memory that all processes share.
    #[derive(Debug)]
    struct Counter {
        value: SharedU64,
    }
}

impl Counter {
    /// A counter of zero.
    fn new() -> Self {
        Self {
            value: SharedU64::new(0),
        }
    }

    /// Adds one. No addition gets lost, whoever adds at the same time.
    fn add_one(&self) {
        // TODO: one operation.
        todo!("add one to {:?}", self.value)
    }

    /// Adds one if the counter is below the limit, and says whether it has.
    ///
    /// - The counter is never above the limit, not even for a moment.
    /// - Below the limit nobody is refused, whoever adds at the same time.
    fn add_one_up_to(&self, limit: u64) -> bool {
        // TODO: look, and change only what you have seen; if it has changed meanwhile, look again.
        todo!("add one to {:?} up to {limit}", self.value)
    }

    /// Reads the counter.
    fn value(&self) -> u64 {
        // TODO: one operation.
        todo!("read {:?}", self.value)
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
