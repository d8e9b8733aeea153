//! A variant of `ring-queue`: a side that cannot go on falls asleep at once, and looks at the other side each time.

use std::process::ExitCode;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use crossbeam_utils::CachePadded;
use shared_memory::ring_queue::{SLOTS, drive};
use shared_memory::shared;
use shared_memory::shared::{Flags, SharedU32};

shared! {
    /// What one of the two writes, and the other one only reads.
    #[derive(Debug)]
    struct Side {
        /// How many items have gone through here, modulo 2^32.
        position: SharedU32,
        /// 1 while this side sleeps, or is about to.
        sleeps: SharedU32,
    }
}

shared! {
    #[derive(Debug)]
    struct Ring {
        // Each side has its own line of the cache: a write by one does not take the line from the other.
        producer: CachePadded<Side>,
        consumer: CachePadded<Side>,
        items: [SharedU32; SLOTS],
    }
}

impl Ring {
    fn new() -> Self {
        let side = || Side {
            position: SharedU32::new(0),
            sleeps: SharedU32::new(0),
        };
        Self {
            producer: CachePadded::new(side()),
            consumer: CachePadded::new(side()),
            items: [const { SharedU32::new(0) }; SLOTS],
        }
    }

    fn push(&self, item: u32) {
        let position = self.producer.position.load(Relaxed); // nobody else writes it
        // Full: the consumer is a whole round behind.
        let full = position.wrapping_sub(SLOTS as u32);
        await_change(&self.producer, &self.consumer, full);
        self.items[position as usize % SLOTS].store(item, Relaxed);
        // First the item, then the position: whoever sees the position finds the item.
        self.producer
            .position
            .store(position.wrapping_add(1), SeqCst);
        wake(&self.consumer, &self.producer);
    }

    fn pop(&self) -> u32 {
        let position = self.consumer.position.load(Relaxed);
        // Empty: the producer is where we are.
        await_change(&self.consumer, &self.producer, position);
        let item = self.items[position as usize % SLOTS].load(Relaxed);
        // First the item, then the position: it allows the producer to write this place again.
        self.consumer
            .position
            .store(position.wrapping_add(1), SeqCst);
        wake(&self.producer, &self.consumer);
        item
    }
}

/// Sleeps on the position of the other side while it is `stuck_at`.
fn await_change(own: &Side, other: &Side, stuck_at: u32) {
    while other.position.load(SeqCst) == stuck_at {
        // Said before the last look, which the kernel takes: either it sees the new position and does not sleep, or the other side
        // sees this. Both write first and look afterwards, and `SeqCst` keeps it that way.
        own.sleeps.store(1, SeqCst);
        other.position.futex_wait(Flags::empty(), stuck_at);
        own.sleeps.store(0, SeqCst);
    }
}

/// Wakes the other side if it sleeps on our position.
fn wake(other: &Side, own: &Side) {
    if other.sleeps.load(SeqCst) != 0 {
        own.position.futex_wake(Flags::empty(), 1);
    }
}

fn main() -> ExitCode {
    drive(Ring::new, Ring::push, Ring::pop)
}
