//! Exercise `bounded-buffer`: producers and consumers with a buffer of limited size between them.
//!
//! It shows a monitor: one lock for the state, and a condition for each thing that somebody may wait for. A producer sleeps while
//! the buffer is full, a consumer while it is empty, and whoever changes that wakes the other kind.
//!
//! Calls: `Lock::lock` and `unlock`, `Condition::wait`, `notify_one` and `notify_all`, which are given, for processes, as
//! pthread_mutex_lock(3) and pthread_cond_wait(3) are for threads.
//! Run it: `cargo run -p shared-memory --bin bounded-buffer`, and `… -- 1 2 2` for capacity 1, two producers and two consumers.
//! Edit: the fields of `Buffer` and the bodies of its functions.

use std::process::ExitCode;

use shared_memory::bounded_buffer::{MOST, drive};
use shared_memory::shared;
use shared_memory::shared::SharedU32;
use shared_memory::shared::monitor::{Condition, Lock};

shared! {
    /// The buffer. It lies in memory that all processes share; add the words that you need.
    #[derive(Debug)]
    struct Buffer {
        lock: Lock,
        not_full: Condition,
        not_empty: Condition,
        capacity: SharedU32,
        items: [SharedU32; MOST],
    }
}

impl Buffer {
    /// An empty buffer for `capacity` items, at most `MOST`.
    fn new(capacity: u32) -> Self {
        // TODO: the fields at the beginning.
        todo!("an empty buffer for {capacity} of {MOST} items")
    }

    /// Puts an item in, behind the others. Sleeps while the buffer is full, and in no other case.
    fn put(&self, item: u32) {
        // TODO: wait for room, put the item in, tell those who wait for one.
        todo!("put {item} into {self:?}")
    }

    /// Takes the oldest item out. Sleeps while the buffer is empty, and in no other case.
    fn take(&self) -> u32 {
        // TODO: wait for an item, take it out, tell those who wait for room.
        todo!("take an item out of {self:?}")
    }
}

fn main() -> ExitCode {
    drive(Buffer::new, Buffer::put, Buffer::take)
}
