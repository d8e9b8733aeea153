//! Reference answer of `ring-queue`.

use std::hint::spin_loop;
use std::process::ExitCode;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};

use crossbeam_utils::CachePadded;
use shared_memory::ring_queue::{SLOTS, drive};
use shared_memory::shared;
use shared_memory::shared::{Flags, SharedU32};

/// So often a side looks for room, or for an item, before it falls asleep.
const LOOKS: u32 = 50;

/// The moment between two looks: about a microsecond. Each look takes the line of the cache from the other side, which wants to write
/// there; left alone for a moment, that side gets on by many items, and the next look sees them all.
const MOMENT: u32 = 64;

shared! {
    /// What one of the two writes, and the other one only reads.
    #[derive(Debug)]
    struct Side {
        /// How many items have gone through here, modulo 2^32.
        position: SharedU32,
        /// The position of the other side when this one looked last: it may be further by now, never back.
        seen: SharedU32,
    }
}

shared! {
    #[derive(Debug)]
    struct Ring {
        // Each side has its own line of the cache: a write by one does not take the line from the other. Whether somebody sleeps
        // is asked for each item and hardly ever changes, so it is not in a line that changes with each item.
        producer: CachePadded<Side>,
        consumer: CachePadded<Side>,
        /// 1 while the producer sleeps, or is about to.
        producer_sleeps: CachePadded<SharedU32>,
        /// The same for the consumer.
        consumer_sleeps: CachePadded<SharedU32>,
        items: [SharedU32; SLOTS],
    }
}

impl Ring {
    fn new() -> Self {
        let side = || Side {
            position: SharedU32::new(0),
            seen: SharedU32::new(0),
        };
        Self {
            producer: CachePadded::new(side()),
            consumer: CachePadded::new(side()),
            producer_sleeps: CachePadded::new(SharedU32::new(0)),
            consumer_sleeps: CachePadded::new(SharedU32::new(0)),
            items: [const { SharedU32::new(0) }; SLOTS],
        }
    }

    fn push(&self, item: u32) {
        let (own, other) = (&self.producer, &self.consumer);
        let position = own.position.load(Relaxed); // nobody else writes it
        // Full: the consumer is a whole round behind. If it was further when we looked last, we need not look.
        let full = position.wrapping_sub(SLOTS as u32);
        if own.seen.load(Relaxed) == full {
            let seen = await_change(&other.position, full, &self.producer_sleeps);
            own.seen.store(seen, Relaxed);
        }
        self.items[position as usize % SLOTS].store(item, Relaxed);
        // First the item, then the position: whoever sees the position finds the item.
        own.position.store(position.wrapping_add(1), SeqCst);
        wake(&self.consumer_sleeps, &own.position);
    }

    fn pop(&self) -> u32 {
        let (own, other) = (&self.consumer, &self.producer);
        let position = own.position.load(Relaxed);
        // Empty: the producer is where we are.
        if own.seen.load(Relaxed) == position {
            let seen = await_change(&other.position, position, &self.consumer_sleeps);
            own.seen.store(seen, Relaxed);
        }
        let item = self.items[position as usize % SLOTS].load(Relaxed);
        // First the item, then the position: it allows the producer to write this place again.
        own.position.store(position.wrapping_add(1), SeqCst);
        wake(&self.producer_sleeps, &own.position);
        item
    }
}

/// Waits while a position is `stuck_at`, and returns what it is then.
fn await_change(position: &SharedU32, stuck_at: u32, sleeps: &SharedU32) -> u32 {
    // The other side is about to get on, as a rule, and a few looks cost less than falling asleep and being woken.
    for _ in 0..LOOKS {
        let now = position.load(SeqCst);
        if now != stuck_at {
            return now;
        }
        (0..MOMENT).for_each(|_| spin_loop());
    }
    loop {
        // Said before the last look, which the kernel takes: either it sees the new position and does not sleep, or the other side
        // sees this. Both write first and look afterwards, and `SeqCst` keeps it that way.
        sleeps.store(1, SeqCst);
        position.futex_wait(Flags::empty(), stuck_at);
        sleeps.store(0, SeqCst);
        let now = position.load(SeqCst);
        if now != stuck_at {
            return now;
        }
    }
}

/// Wakes the other side if it sleeps on our position.
fn wake(sleeps: &SharedU32, position: &SharedU32) {
    // Taken back here: until the other side runs, many items may go through, and one call to the kernel is enough for all of them.
    if sleeps.load(SeqCst) != 0 && sleeps.swap(0, SeqCst) != 0 {
        position.futex_wake(Flags::empty(), 1);
    }
}

fn main() -> ExitCode {
    drive(Ring::new, Ring::push, Ring::pop)
}
