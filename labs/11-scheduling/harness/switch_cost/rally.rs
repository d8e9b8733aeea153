//! A ball that goes to and fro between two processes, and a clock: both note who was there.

use std::fs::File;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::stat::{SFlag, fstat};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, getpid};

use crate::shared::{Shareable, share};

/// What the kernel keeps of a process's calls, proc_pid_io(5). Not every kernel does.
const ACCOUNT: &str = "/proc/self/io";

/// Descriptors above this are not looked at.
const MOST_DESCRIPTORS: i32 = 64;

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
    /// As many as there are, and one more; 0 where that is not known.
    reads: AtomicU64,
    writes: AtomicU64,
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
    /// How many calls of read(2) and of write(2) the program had made, as far as the kernel has counted them.
    pub(super) calls: Option<[u64; 2]>,
}

/// The game. A copy of it is the same game, also in another process.
#[derive(Clone, Copy)]
pub struct Rally {
    notes: &'static Notes,
    /// The kernel's account of the program's calls, if there is one.
    account: Option<&'static File>,
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
        let account = File::open(ACCOUNT).ok();
        Ok(Self {
            notes,
            account: account.map(|it| &*Box::leak(Box::new(it))),
            rounds,
        })
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
            if let Some([reads, writes]) = self.account.and_then(calls) {
                reading.reads.store(reads + 1, Ordering::Relaxed);
                reading.writes.store(writes + 1, Ordering::Relaxed);
            }
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
                calls: number(&it.reads)
                    .checked_sub(1)
                    .zip(number(&it.writes).checked_sub(1))
                    .map(<[u64; 2]>::from),
            })
            .collect()
    }
}

/// How many reads and writes the program has made. What goes through sockets by calls of their own is counted nowhere, so with sockets
/// nobody knows.
fn calls(account: &File) -> Option<[u64; 2]> {
    let mut text = [0; 512];
    let length = account.read_at(&mut text, 0).ok()?;
    let text = std::str::from_utf8(text.get(..length)?).ok()?;
    let count = |name| {
        let mut lines = text.lines();
        lines.find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
    };
    let counts = [count("syscr:")?, count("syscw:")?];
    (!(3..MOST_DESCRIPTORS).any(is_socket)).then_some(counts)
}

fn is_socket(descriptor: i32) -> bool {
    // SAFETY: it is only asked what it is, and where there is none, fstat says so.
    let descriptor = unsafe { BorrowedFd::borrow_raw(descriptor) };
    let kind = |mode| SFlag::from_bits_truncate(mode) & SFlag::S_IFMT;
    fstat(descriptor).is_ok_and(|it| kind(it.st_mode) == SFlag::S_IFSOCK)
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
