//! Another way: each place has a number that says whose turn it is there, and the sides sleep on that. Each keeps its position to itself.

use std::process::ExitCode;
use std::sync::atomic::Ordering::SeqCst;

use crossbeam_utils::CachePadded;
use shared_memory::ring_queue::{SLOTS, drive};
use shared_memory::shared;
use shared_memory::shared::{Flags, SharedU32};

shared! {
    #[derive(Debug)]
    struct Place {
        /// Twice the round, and one more while an item is here.
        turn: SharedU32,
        item: SharedU32,
    }
}

shared! {
    #[derive(Debug)]
    struct Ring {
        written: CachePadded<SharedU32>,
        read: CachePadded<SharedU32>,
        places: [CachePadded<Place>; SLOTS],
    }
}

impl Ring {
    fn new() -> Self {
        let place = || Place {
            turn: SharedU32::new(0),
            item: SharedU32::new(0),
        };
        Self {
            written: CachePadded::new(SharedU32::new(0)),
            read: CachePadded::new(SharedU32::new(0)),
            places: std::array::from_fn(|_| CachePadded::new(place())),
        }
    }

    fn push(&self, item: u32) {
        let position = self.written.fetch_add(1, SeqCst);
        let place = &self.places[position as usize % SLOTS];
        let turn = 2 * (position / SLOTS as u32);
        await_turn(&place.turn, turn);
        place.item.store(item, SeqCst);
        pass_turn(&place.turn, turn + 1);
    }

    fn pop(&self) -> u32 {
        let position = self.read.fetch_add(1, SeqCst);
        let place = &self.places[position as usize % SLOTS];
        let turn = 2 * (position / SLOTS as u32) + 1;
        await_turn(&place.turn, turn);
        let item = place.item.load(SeqCst);
        pass_turn(&place.turn, turn + 1);
        item
    }
}

fn await_turn(word: &SharedU32, turn: u32) {
    loop {
        let now = word.load(SeqCst);
        if now == turn {
            return;
        }
        word.futex_wait(Flags::empty(), now);
    }
}

fn pass_turn(word: &SharedU32, turn: u32) {
    word.store(turn, SeqCst);
    word.futex_wake(Flags::empty(), 1);
}

fn main() -> ExitCode {
    drive(Ring::new, Ring::push, Ring::pop)
}
