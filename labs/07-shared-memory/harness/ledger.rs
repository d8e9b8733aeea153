//! The ledger: who has put which item in, and who has taken it out. It only observes.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::SeqCst};

use crate::shared::{Shareable, point};

/// The points of a play: an item has been put in, an item has been taken out.
pub(crate) const HAS_PUT: u64 = 0;
pub(crate) const HAS_TAKEN: u64 = 1;
/// Their names.
pub(crate) const POINTS: &[&str] = &["has put item {} in", "has taken item {} out"];

/// For so many items it is noted which they are: more than in any play.
const MOST_ITEMS: usize = 64;

/// What has been done to a buffer.
pub(crate) struct Ledger {
    capacity: AtomicU32,
    puts_begun: AtomicU32,
    puts_done: AtomicU32,
    takes_begun: AtomicU32,
    takes_done: AtomicU32,
    most: AtomicU32,
    in_order: AtomicU32,
    /// The first item that was taken although the buffer was empty, that is not there or was taken before, and how.
    wrong: AtomicU64,
    sum_put: AtomicU64,
    sum_taken: AtomicU64,
    /// For each item: 1 where it has been put in, 2 where it has been taken out.
    items: [AtomicU32; MOST_ITEMS],
    /// Counts what is noted in `times`.
    clock: AtomicU32,
    /// For each item: when it began to be put in, when it was in, when somebody began to take, when it was out; 0 where that is to come.
    times: [[AtomicU32; 4]; MOST_ITEMS],
}

/// The times of an item.
const PUT_BEGUN: usize = 0;
const PUT_DONE: usize = 1;
const TAKE_BEGUN: usize = 2;
const TAKE_DONE: usize = 3;

// SAFETY: it consists of atomics.
unsafe impl Shareable for Ledger {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

const EMPTY: u64 = 1 << 32;
const TWICE: u64 = 2 << 32;
const UNKNOWN: u64 = 3 << 32;
const DISORDER: u64 = 4 << 32;
const OVERTAKEN: u64 = 5 << 32;

impl Ledger {
    pub(crate) const fn new(capacity: u32) -> Self {
        Self {
            capacity: AtomicU32::new(capacity),
            puts_begun: AtomicU32::new(0),
            puts_done: AtomicU32::new(0),
            takes_begun: AtomicU32::new(0),
            takes_done: AtomicU32::new(0),
            most: AtomicU32::new(0),
            in_order: AtomicU32::new(0),
            wrong: AtomicU64::new(0),
            sum_put: AtomicU64::new(0),
            sum_taken: AtomicU64::new(0),
            items: [const { AtomicU32::new(0) }; MOST_ITEMS],
            clock: AtomicU32::new(0),
            times: [const { [const { AtomicU32::new(0) }; 4] }; MOST_ITEMS],
        }
    }

    /// Items that are numbered from 1 by one producer have to come to one consumer in this order.
    pub(crate) fn demand_order(&self) {
        self.in_order.store(1, SeqCst);
    }

    /// How many items are certainly in the buffer.
    pub(crate) fn inside(&self) -> u32 {
        self.puts_done
            .load(SeqCst)
            .saturating_sub(self.takes_done.load(SeqCst))
    }

    /// Everything is forgotten: the buffer is empty.
    pub(crate) fn reset(&self) {
        let counts = [
            &self.puts_begun,
            &self.puts_done,
            &self.takes_begun,
            &self.takes_done,
            &self.most,
        ];
        let times = self.times.iter().flatten().chain([&self.clock]);
        for count in counts.into_iter().chain(&self.items).chain(times) {
            count.store(0, SeqCst);
        }
        for sum in [&self.wrong, &self.sum_put, &self.sum_taken] {
            sum.store(0, SeqCst);
        }
    }

    /// Puts an item in by `put`. Items are numbers from 1.
    pub(crate) fn put(&self, item: u32, put: impl FnOnce(u32)) {
        self.puts_begun.fetch_add(1, SeqCst);
        self.sum_put.fetch_add(item.into(), SeqCst);
        if let Some(state) = self.state(item) {
            state.store(1, SeqCst);
        }
        self.note_time(item, PUT_BEGUN, self.tick());
        put(item);
        self.note_time(item, PUT_DONE, self.tick());
        let done = self.puts_done.fetch_add(1, SeqCst) + 1;
        // Whoever has begun to take may have made room already.
        let inside = done.saturating_sub(self.takes_begun.load(SeqCst));
        self.most.fetch_max(inside, SeqCst);
        point(HAS_PUT, item.into());
    }

    /// Takes an item out by `take`.
    pub(crate) fn take(&self, take: impl FnOnce() -> u32) {
        self.takes_begun.fetch_add(1, SeqCst);
        let begun = self.tick();
        let item = take();
        self.note_time(item, TAKE_BEGUN, begun);
        self.note_time(item, TAKE_DONE, self.tick());
        if self.was_overtaken(item) {
            self.note_wrong(OVERTAKEN | u64::from(item));
        }
        let done = self.takes_done.fetch_add(1, SeqCst) + 1;
        self.sum_taken.fetch_add(item.into(), SeqCst);
        if done > self.puts_begun.load(SeqCst) {
            self.note_wrong(EMPTY | u64::from(item));
        }
        if self.in_order.load(SeqCst) != 0 && item != done {
            self.note_wrong(DISORDER | u64::from(item));
        }
        // In the crowd there are more items than places to note them.
        match self.state(item).map(|state| state.swap(2, SeqCst)) {
            Some(0) => self.note_wrong(UNKNOWN | u64::from(item)),
            Some(2) => self.note_wrong(TWICE | u64::from(item)),
            _ => {}
        }
        point(HAS_TAKEN, item.into());
    }

    fn state(&self, item: u32) -> Option<&AtomicU32> {
        self.items.get(usize::try_from(item).ok()?)
    }

    fn tick(&self) -> u32 {
        self.clock.fetch_add(1, SeqCst) + 1
    }

    fn note_time(&self, item: u32, what: usize, time: u32) {
        if let Some(times) = usize::try_from(item).ok().and_then(|it| self.times.get(it)) {
            times[what].store(time, SeqCst);
        }
    }

    /// Whether an item that was put in behind this one was out before anybody began to take this one: both for certain.
    fn was_overtaken(&self, item: u32) -> bool {
        let time = |times: &[AtomicU32; 4], what: usize| times[what].load(SeqCst);
        let Some(own) = usize::try_from(item).ok().and_then(|it| self.times.get(it)) else {
            return false;
        };
        let (put_done, take_begun) = (time(own, PUT_DONE), time(own, TAKE_BEGUN));
        let mut others = self.times.iter();
        put_done > 0
            && others.any(|it| {
                let out = time(it, TAKE_DONE);
                time(it, PUT_BEGUN) > put_done && out > 0 && out < take_begun
            })
    }

    fn note_wrong(&self, what: u64) {
        let _ = self.wrong.compare_exchange(0, what, SeqCst, SeqCst);
    }

    /// What must not be.
    pub(crate) fn fault(&self) -> Option<String> {
        let (most, capacity) = (self.most.load(SeqCst), self.capacity.load(SeqCst));
        if most > capacity {
            return Some(format!(
                "capacity ignored: {most} items have been put in, and there is room for {capacity}"
            ));
        }
        let wrong = self.wrong.load(SeqCst);
        let item = wrong & u64::from(u32::MAX);
        match wrong - item {
            0 => None,
            EMPTY => Some(format!(
                "taken from an empty buffer: {item}, although every item had been taken out"
            )),
            TWICE => Some(format!("item twice: {item} has been taken out before")),
            OVERTAKEN => Some(format!(
                "out of order: {item} has been taken out after an item that was put in behind it"
            )),
            DISORDER => Some(format!(
                "wrong item: {item} has been taken out, and it is not the next one"
            )),
            _ => Some(format!("wrong item: nobody has put {item} in")),
        }
    }

    /// Whether what came out is what went in.
    pub(crate) fn is_balanced(&self) -> bool {
        self.sum_put.load(SeqCst) == self.sum_taken.load(SeqCst)
    }

    /// How many items have been taken out.
    pub(crate) fn taken(&self) -> u32 {
        self.takes_done.load(SeqCst)
    }
}
