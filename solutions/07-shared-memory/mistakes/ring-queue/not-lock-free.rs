//! Mistake: a lock around everything. Whoever is stopped while it has the lock stops the other one, too.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use crossbeam_utils::CachePadded;
use shared_memory::shared::monitor::Lock;
use shared_memory::ring_queue::{SLOTS, drive};
use shared_memory::shared;
use shared_memory::shared::{Flags, SharedU32};

shared! {
    #[derive(Debug)]
    struct Ring {
        written: CachePadded<SharedU32>,
        read: CachePadded<SharedU32>,
        lock: CachePadded<Lock>,
        items: [SharedU32; SLOTS],
    }
}

impl Ring {
    fn new() -> Self {
        Self {
            written: CachePadded::new(SharedU32::new(0)),
            read: CachePadded::new(SharedU32::new(0)),
            lock: CachePadded::new(Lock::new()),
            items: [const { SharedU32::new(0) }; SLOTS],
        }
    }

    fn push(&self, item: u32) {
        let position = self.written.load(SeqCst);
        let full = position.wrapping_sub(SLOTS as u32);
        while self.read.load(SeqCst) == full {
            self.read.futex_wait(Flags::empty(), full);
        }
        self.lock.lock();
        self.items[position as usize % SLOTS].store(item, SeqCst);
        self.written.store(position.wrapping_add(1), SeqCst);
        self.lock.unlock();
        self.written.futex_wake(Flags::empty(), 1);
    }

    fn pop(&self) -> u32 {
        let position = self.read.load(SeqCst);
        while self.written.load(SeqCst) == position {
            self.written.futex_wait(Flags::empty(), position);
        }
        self.lock.lock();
        let item = self.items[position as usize % SLOTS].load(SeqCst);
        self.read.store(position.wrapping_add(1), SeqCst);
        self.lock.unlock();
        self.read.futex_wake(Flags::empty(), 1);
        item
    }
}

fn main() -> ExitCode {
    drive(Ring::new, Ring::push, Ring::pop)
}
