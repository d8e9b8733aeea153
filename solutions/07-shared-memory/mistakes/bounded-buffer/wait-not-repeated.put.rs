//! Mistake: a producer looks once whether there is room, and not again after its wait.

use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;

use shared_memory::bounded_buffer::{MOST, drive};
use shared_memory::shared::monitor::{Condition, Lock};
use shared_memory::shared;
use shared_memory::shared::SharedU32;

shared! {
    #[derive(Debug)]
    struct Buffer {
        lock: Lock,
        not_full: Condition,
        not_empty: Condition,
        capacity: SharedU32,
        first: SharedU32,
        count: SharedU32,
        items: [SharedU32; MOST],
    }
}

impl Buffer {
    fn new(capacity: u32) -> Self {
        Self {
            lock: Lock::new(),
            not_full: Condition::new(),
            not_empty: Condition::new(),
            capacity: SharedU32::new(capacity),
            first: SharedU32::new(0),
            count: SharedU32::new(0),
            items: [const { SharedU32::new(0) }; MOST],
        }
    }

    fn put(&self, item: u32) {
        self.lock.lock();
        let capacity = self.capacity.load(Relaxed);
        if self.count.load(Relaxed) == capacity {
            self.not_full.wait(&self.lock);
        }
        let count = self.count.load(Relaxed);
        let place = (self.first.load(Relaxed) + count) % capacity;
        self.items[place as usize].store(item, Relaxed);
        self.count.store(count + 1, Relaxed);
        self.not_empty.notify_one();
        self.lock.unlock();
    }

    fn take(&self) -> u32 {
        self.lock.lock();
        while self.count.load(Relaxed) == 0 {
            self.not_empty.wait(&self.lock);
        }
        let first = self.first.load(Relaxed);
        let item = self.items[first as usize].load(Relaxed);
        self.first
            .store((first + 1) % self.capacity.load(Relaxed), Relaxed);
        self.count.fetch_sub(1, Relaxed);
        self.not_full.notify_one();
        self.lock.unlock();
        item
    }
}

fn main() -> ExitCode {
    drive(Buffer::new, Buffer::put, Buffer::take)
}
