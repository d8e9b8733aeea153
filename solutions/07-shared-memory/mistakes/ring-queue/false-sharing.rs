//! Mistake: the positions are neighbors in memory. Each write by one side takes the line of the cache away from the other one.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::ring_queue::{SLOTS, drive};
use shared_memory::shared;
use shared_memory::shared::{Flags, SharedU32};

shared! {
    #[derive(Debug)]
    struct Ring {
        written: SharedU32,
        read: SharedU32,
        items: [SharedU32; SLOTS],
    }
}

impl Ring {
    fn new() -> Self {
        Self {
            written: SharedU32::new(0),
            read: SharedU32::new(0),
            items: [const { SharedU32::new(0) }; SLOTS],
        }
    }

    fn push(&self, item: u32) {
        let position = self.written.load(SeqCst);
        let full = position.wrapping_sub(SLOTS as u32);
        while self.read.load(SeqCst) == full {
            self.read.futex_wait(Flags::empty(), full);
        }
        self.items[position as usize % SLOTS].store(item, SeqCst);
        self.written.store(position.wrapping_add(1), SeqCst);
        self.written.futex_wake(Flags::empty(), 1);
    }

    fn pop(&self) -> u32 {
        let position = self.read.load(SeqCst);
        while self.written.load(SeqCst) == position {
            self.written.futex_wait(Flags::empty(), position);
        }
        let item = self.items[position as usize % SLOTS].load(SeqCst);
        self.read.store(position.wrapping_add(1), SeqCst);
        self.read.futex_wake(Flags::empty(), 1);
        item
    }
}

fn main() -> ExitCode {
    drive(Ring::new, Ring::push, Ring::pop)
}
