//! What the student's code is given: the plan, items and outcomes, and what is noted when they are made.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::unistd::{Pid, getpid};

use crate::idle::{children_of, until_idle};
use crate::witness::Witness;

static WITNESS: Witness = Witness::new();

/// How many messages a queue of this exercise holds. Every user of Linux may have so many by default.
pub const QUEUE_CAPACITY: i64 = 10;

/// The size in bytes of an item and of an outcome in a queue or pipe.
pub const RECORD_SIZE: usize = 16;

/// What says that no item comes any more, where somebody wants to say so.
pub(super) const END: Item = Item {
    producer: u16::MAX,
    index: u16::MAX,
    number: 0,
};

/// What is to be done.
#[derive(Debug)]
pub struct Plan {
    /// How many processes make items.
    pub producers: usize,
    /// How many processes process them.
    pub consumers: usize,
    /// The name of a message queue that nobody else uses.
    pub item_queue: String,
    /// The name of another one.
    pub outcome_queue: String,
    pub(super) main: Pid,
    pub(super) most: u64,
    pub(super) seed: u64,
}

impl Plan {
    /// Makes the items of a producer (0, 1, ...), one by one, in the process that calls it. How many they are, nobody knows
    /// before.
    pub fn items(&self, producer: usize) -> impl Iterator<Item = Item> + use<> {
        wait_for_the_others(self.main);
        drawn(self, producer)
            .into_iter()
            .inspect(|item| note(Deed::Made(item.key())))
    }
}

/// The items of a producer, without a note.
pub(super) fn drawn(plan: &Plan, producer: usize) -> Vec<Item> {
    let mut state = plan.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ producer as u64;
    let mut draw = || {
        // SplitMix64: the same numbers in every run.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    // At least two thirds of the most, so that many are many.
    let count = plan.most - draw() % (plan.most / 3 + 1);
    let item = |index| Item {
        producer: producer as u16 + 1,
        index: index as u16 + 1,
        number: (draw() % 1000) as u32,
    };
    (0..count).map(item).collect()
}

/// Something to be processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    pub(super) producer: u16,
    pub(super) index: u16,
    pub(super) number: u32,
}

/// What came of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    pub(super) item: Item,
    pub(super) value: u64,
}

impl Item {
    /// A sentinel: an item that says that no more come. Whoever needs none does without.
    #[must_use]
    pub fn end() -> Self {
        note(Deed::Made(END.key()));
        END
    }

    pub(super) fn key(&self) -> Key {
        (self.producer, self.index)
    }

    /// Whether it is a sentinel.
    #[must_use]
    pub fn is_end(&self) -> bool {
        *self == END
    }

    /// What travels through a queue or pipe.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; RECORD_SIZE] {
        let mut bytes = [0; RECORD_SIZE];
        bytes[..2].copy_from_slice(&self.producer.to_be_bytes());
        bytes[2..4].copy_from_slice(&self.index.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.number.to_be_bytes());
        bytes
    }

    /// Reads an item from its bytes.
    ///
    /// # Errors
    ///
    /// `InvalidData` if these are not the bytes of an item.
    pub fn from_bytes(bytes: &[u8]) -> io::Result<Self> {
        let [a, b, c, d, e, f, g, h, rest @ ..] = bytes else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        if rest.len() != RECORD_SIZE - 8 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Self {
            producer: u16::from_be_bytes([*a, *b]),
            index: u16::from_be_bytes([*c, *d]),
            number: u32::from_be_bytes([*e, *f, *g, *h]),
        })
    }

    /// Processes the item, in the process that received it.
    #[must_use]
    pub fn process(self) -> Outcome {
        let is_first = GATED.load(Ordering::Relaxed)
            && !seen()
                .iter()
                .any(|(pid, deed)| *pid == getpid() && matches!(deed, Deed::Processed(_)));
        note(Deed::Processed(self.key()));
        if is_first {
            for (pid, deed) in seen() {
                if let Deed::Began = deed {
                    // Whoever fills the queue faster than it is emptied has to wait for room, or loses something.
                    until_idle(pid);
                }
            }
        }
        Outcome {
            item: self,
            value: u64::from(self.number).pow(2),
        }
    }
}

impl Outcome {
    /// The outcome of a sentinel, for whoever wants to say that no more outcomes come.
    #[must_use]
    pub fn end() -> Self {
        Self {
            item: END,
            value: 0,
        }
    }

    /// Whether it is the outcome of a sentinel.
    #[must_use]
    pub fn is_end(&self) -> bool {
        self.item.is_end()
    }

    /// What travels through a queue or pipe.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; RECORD_SIZE] {
        let mut bytes = self.item.to_bytes();
        bytes[8..].copy_from_slice(&self.value.to_be_bytes());
        bytes
    }

    /// Reads an outcome from its bytes.
    ///
    /// # Errors
    ///
    /// `InvalidData` if these are not the bytes of an outcome.
    pub fn from_bytes(bytes: &[u8]) -> io::Result<Self> {
        let item = Item::from_bytes(bytes)?;
        let value = bytes[8..]
            .try_into()
            .map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(Self {
            item,
            value: u64::from_be_bytes(value),
        })
    }
}

/// What is noted, with the process that did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// A producer began.
    Began,
    /// An item or a sentinel was made.
    Made(Key),
    /// An item was processed.
    Processed(Key),
}

/// What an item is known by: its producer's number and its own.
pub(super) type Key = (u16, u16);

/// Which deed it is, in the upper bits of a note.
const MADE: u64 = 1 << 62;
const PROCESSED: u64 = 1 << 63;

fn note(deed: Deed) {
    let word = |(producer, index): Key| u64::from(producer) << 16 | u64::from(index);
    WITNESS.note(match deed {
        Deed::Began => 0,
        Deed::Made(item) => MADE | word(item),
        Deed::Processed(item) => PROCESSED | word(item),
    });
}

/// All notes, the oldest first.
pub(super) fn seen() -> Vec<(Pid, Deed)> {
    let notes = WITNESS.sightings().into_iter();
    notes.map(|note| (note.pid, deed(note.deed))).collect()
}

fn deed(note: u64) -> Deed {
    let item = ((note >> 16) as u16, note as u16);
    match note & (MADE | PROCESSED) {
        MADE => Deed::Made(item),
        PROCESSED => Deed::Processed(item),
        _ => Deed::Began,
    }
}

/// More processes than this do not wait for each other: it would take long, and the smaller runs show what there is to see.
const FEW: usize = 5;

/// Whether the given functions wait for other processes.
static GATED: AtomicBool = AtomicBool::new(false);

/// To be called before the first fork.
pub(super) fn begin(plan: &Plan) -> io::Result<()> {
    GATED.store(plan.producers + plan.consumers <= FEW, Ordering::Relaxed);
    WITNESS.begin()
}

/// Waits until the main process and those that wait for items have nothing to do, before there are items.
fn wait_for_the_others(main: Pid) {
    let began = || {
        let seen = seen().into_iter();
        seen.filter(|(_, deed)| matches!(deed, Deed::Began))
            .map(|(pid, _)| pid)
    };
    if main == getpid() || began().any(|pid| pid == getpid()) {
        return;
    }
    note(Deed::Began);
    if !GATED.load(Ordering::Relaxed) {
        return;
    }
    // The main process first: when it sleeps it has started everybody.
    until_idle(main);
    for child in children_of(main) {
        // Producers wait here, too, and not for each other.
        if !began().any(|pid| pid == child) {
            until_idle(child);
        }
    }
}
