//! A ball that goes to and fro between two processes, and a clock: both note who was there.

use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, getpid};

use crate::shared::{Shareable, share};

/// More readings of the clock than this are not noted.
const MOST_READINGS: usize = 256;

/// What is noted, in memory that both processes share.
struct Notes {
    main: AtomicI32,
    strokes: AtomicU64,
    by_child: AtomicU64,
    out_of_turn: AtomicU64,
    last: AtomicI32,
    /// For the program and the other process: whether it has had the ball, and the only CPU on which it may run, counted from 1.
    has_begun: [AtomicU32; 2],
    place: [AtomicU32; 2],
    used: AtomicU32,
    readings: [NotedReading; MOST_READINGS],
}

struct NotedReading {
    time: AtomicU64,
    strokes: AtomicU64,
    by_child: AtomicU64,
}

// SAFETY: it consists of atomics.
unsafe impl Shareable for Notes {}

/// What was done with the ball.
#[derive(Debug)]
pub(super) struct Strokes {
    pub(super) by_child: u64,
    pub(super) out_of_turn: u64,
    pub(super) on_one_cpu: bool,
}

/// A look at the clock, and how far the game was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) time: Duration,
    pub(super) strokes: u64,
    pub(super) by_child: u64,
}

/// The game. A copy of it is the same game, also in another process.
#[derive(Clone, Copy)]
pub struct Rally {
    notes: &'static Notes,
    rounds: u32,
}

impl std::fmt::Debug for Rally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Rally of {} rounds", self.rounds)
    }
}

impl Rally {
    pub(super) fn open(rounds: u32) -> nix::Result<Self> {
        let notes = share::<Notes>()?;
        notes.main.store(getpid().as_raw(), Ordering::Relaxed);
        Ok(Self { notes, rounds })
    }

    /// How many rounds are to be measured. A round is a stroke by the program and one by the other process.
    #[must_use]
    pub fn rounds(&self) -> u32 {
        self.rounds
    }

    /// A stroke. To be called by whoever has the ball, before it goes to the other one.
    pub fn stroke(&self) {
        let myself = getpid();
        let is_main = myself.as_raw() == self.notes.main.load(Ordering::Relaxed);
        let who = usize::from(!is_main);
        if self.notes.has_begun[who].swap(1, Ordering::Relaxed) == 0 {
            self.notes.place[who].store(only_cpu(), Ordering::Relaxed);
        }
        if self.notes.last.swap(myself.as_raw(), Ordering::Relaxed) == myself.as_raw() {
            self.notes.out_of_turn.fetch_add(1, Ordering::Relaxed);
        }
        if !is_main {
            self.notes.by_child.fetch_add(1, Ordering::Relaxed);
        }
        self.notes.strokes.fetch_add(1, Ordering::Release);
    }

    /// The time, by a clock that is never set (CLOCK_MONOTONIC). Each look at it is noted.
    #[must_use]
    pub fn now(&self) -> Duration {
        let time = clock_gettime(ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
        let number = self.notes.used.fetch_add(1, Ordering::Relaxed) as usize;
        if let Some(reading) = self.notes.readings.get(number) {
            let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            reading.time.store(nanos, Ordering::Relaxed);
            let strokes = self.notes.strokes.load(Ordering::Acquire);
            reading.strokes.store(strokes, Ordering::Relaxed);
            let by_child = self.notes.by_child.load(Ordering::Relaxed);
            reading.by_child.store(by_child, Ordering::Relaxed);
        }
        time
    }

    pub(super) fn strokes(&self) -> Strokes {
        let number = |it: &AtomicU64| it.load(Ordering::Acquire);
        let [one, other] = [0, 1].map(|who| self.notes.place[who].load(Ordering::Acquire));
        Strokes {
            by_child: number(&self.notes.by_child),
            out_of_turn: number(&self.notes.out_of_turn),
            on_one_cpu: one != 0 && one == other,
        }
    }

    pub(super) fn readings(&self) -> Vec<Reading> {
        let used = self.notes.used.load(Ordering::Acquire) as usize;
        let noted = self.notes.readings.iter().take(used);
        let number = |it: &AtomicU64| it.load(Ordering::Acquire);
        noted
            .map(|it| Reading {
                time: Duration::from_nanos(number(&it.time)),
                strokes: number(&it.strokes),
                by_child: number(&it.by_child),
            })
            .collect()
    }
}

/// The CPU on which the calling process has to run, counted from 1; 0 if there are several.
fn only_cpu() -> u32 {
    let Ok(allowed) = sched_getaffinity(Pid::from_raw(0)) else {
        return 0;
    };
    let mut cpus = (0..CpuSet::count()).filter(|cpu| allowed.is_set(*cpu).unwrap_or(false));
    match (cpus.next(), cpus.next()) {
        (Some(cpu), None) => u32::try_from(cpu + 1).unwrap_or(0),
        _ => 0,
    }
}
