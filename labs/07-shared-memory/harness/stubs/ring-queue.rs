//! Exercise `ring-queue`: a queue without a lock, for one producer and one consumer.
//!
//! It shows how two processes pass items on by two positions, of which each writes one and reads the other; how they
//! sleep where there is nothing to do; and why the positions must not be neighbors in memory.
//!
//! Calls: the operations of `std::sync::atomic::AtomicU32`; `crossbeam_utils::CachePadded`; futex(2) by `SharedU32::futex_wait` and
//! `futex_wake`.
//! Run it: `cargo run -p shared-memory --bin ring-queue`.
//! Edit: the fields of `Ring` and the bodies of its functions.

use std::process::ExitCode;

use shared_memory::ring_queue::{SLOTS, drive};
use shared_memory::shared;
use shared_memory::shared::SharedU32;

shared! {
    /// The ring. It lies in memory that both processes share; add the words that you need, in their own lines of the cache.
    #[derive(Debug)]
    struct Ring {
        items: [SharedU32; SLOTS],
    }
}

impl Ring {
    /// An empty ring.
    fn new() -> Self {
        // TODO: the positions at the beginning.
        todo!("an empty ring of {SLOTS} places")
    }

    /// Puts an item in, behind the others; called by the producer only. Sleeps while all places are in use; a ring that keeps
    /// one place free, to tell full from empty, is right, too.
    ///
    /// It waits for the consumer in no other case, wherever that one may have stopped: so there is no lock.
    fn push(&self, item: u32) {
        // TODO: wait for a place, write the item, then the position, and wake the consumer if it sleeps.
        todo!("put {item} into {:?}", self.items)
    }

    /// Takes the oldest item out; called by the consumer only. Sleeps while the ring is empty, and in no other case.
    fn pop(&self) -> u32 {
        // TODO: wait for an item, read it, then move the position, and wake the producer if it sleeps.
        todo!("take an item out of {:?}", self.items)
    }
}

fn main() -> ExitCode {
    drive(Ring::new, Ring::push, Ring::pop)
}
