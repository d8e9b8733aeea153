//! Another way: a semaphore counts the free places, one the items, and one of a single permit protects the indices.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use shared_memory::bounded_buffer::{MOST, drive};
use shared_memory::shared;
use shared_memory::shared::{Flags, SharedU32};

shared! {
    #[derive(Debug)]
    struct Buffer {
        free: SharedU32,
        used: SharedU32,
        mutex: SharedU32,
        capacity: SharedU32,
        written: SharedU32,
        read: SharedU32,
        items: [SharedU32; MOST],
    }
}

impl Buffer {
    fn new(capacity: u32) -> Self {
        Self {
            free: SharedU32::new(capacity),
            used: SharedU32::new(0),
            mutex: SharedU32::new(1),
            capacity: SharedU32::new(capacity),
            written: SharedU32::new(0),
            read: SharedU32::new(0),
            items: [const { SharedU32::new(0) }; MOST],
        }
    }

    fn put(&self, item: u32) {
        acquire(&self.free);
        self.place(&self.written).store(item, SeqCst);
        release(&self.mutex);
        release(&self.used);
    }

    fn take(&self) -> u32 {
        acquire(&self.used);
        let item = self.place(&self.read).load(SeqCst);
        release(&self.mutex);
        release(&self.free);
        item
    }

    /// The next place, with the mutex taken.
    fn place(&self, number: &SharedU32) -> &SharedU32 {
        acquire(&self.mutex);
        let place = number.load(SeqCst);
        number.store((place + 1) % self.capacity.load(SeqCst), SeqCst);
        &self.items[place as usize]
    }
}

fn acquire(permits: &SharedU32) {
    while permits.fetch_update(SeqCst, SeqCst, |permits| permits.checked_sub(1)).is_err() {
        permits.futex_wait(Flags::empty(), 0);
    }
}

fn release(permits: &SharedU32) {
    permits.fetch_add(1, SeqCst);
    permits.futex_wake(Flags::empty(), 1);
}

fn main() -> ExitCode {
    drive(Buffer::new, Buffer::put, Buffer::take)
}
