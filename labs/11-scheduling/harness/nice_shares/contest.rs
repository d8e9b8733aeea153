//! A contest for the CPU: work without end or sense, and an exact count of what everybody got.
//!
//! Nothing is measured before all competitors are there and have found their rhythm, and nothing after the end, which is the same moment for all of
//! them. The contest is over after a sum of CPU time, not after a time: on a busy machine it takes longer, and is as exact.
//!
//! The scheduler gives out CPU time in slices of some milliseconds, so a share is exact only up to a slice. Both moments are chosen
//! at the beginning of a turn of the lightest competitor, whose turns are rarest: between them there is a whole number of its turns.

use std::hint::black_box;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity};
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, getpid, getsid};
use rustix::process::getpriority_process;

use crate::shared::{Shareable, share};

/// How many can compete.
pub(super) const MOST: usize = 8;

/// The contest is over as soon as all together have used so much CPU time, in nanoseconds. A slice of 4 ms too much or too little
/// is then one point.
const ENOUGH: u64 = 400_000_000;

/// How much they use before it begins. A new process has its first turn earlier, or later, than will be usual.
const WARM_UP: u64 = 50_000_000;

/// It is over at any rate when they have used so much: where the lightest one has no turn any more.
const TOO_MUCH: u64 = 4 * ENOUGH;

/// Whoever has worked so long without the others gives up.
const ALONE: u64 = 1_000_000_000;

/// Work between two looks at the clock: about 20 µs.
const PIECE: u32 = 2_000;

/// What is known of a competitor, in memory that all of them share.
#[derive(Default)]
struct Seat {
    /// 0 as long as nobody has taken it.
    pid: AtomicI32,
    nice: AtomicI32,
    session: AtomicI32,
    /// The only CPU on which it may run, counted from 1; 0 for several.
    place: AtomicU32,
    /// CPU time of the process, in nanoseconds: at its latest look, at the beginning and at the end of the contest.
    latest: AtomicU64,
    begin: AtomicU64,
    end: AtomicU64,
}

#[derive(Default)]
pub(super) struct Ring {
    seats: [Seat; MOST],
    phase: AtomicU32,
}

// SAFETY: it consists of atomics.
unsafe impl Shareable for Ring {}

const WAITING: u32 = 0;
const RUNNING: u32 = 1;
const OVER: u32 = 2;

/// Where a process may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On this CPU only.
    Only(u32),
    /// On several.
    Several,
}

/// A competitor that has taken part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Competitor {
    pub(super) nice: i32,
    pub(super) session: i32,
    pub(super) place: Place,
    /// What it used in the contest; zero if that never began.
    pub(super) cpu: Duration,
}

/// The contest. A copy of it is the same contest, also in another process.
#[derive(Clone, Copy)]
pub struct Contest {
    ring: &'static Ring,
    count: usize,
    main: Pid,
}

impl std::fmt::Debug for Contest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Contest of {}", self.count)
    }
}

impl Contest {
    pub(super) fn open(count: usize) -> nix::Result<Self> {
        let ring = share::<Ring>()?;
        let main = getpid();
        Ok(Self { ring, count, main })
    }

    /// Works until the contest is over, and returns the CPU time that this process used in it.
    ///
    /// To be called once by each competitor, when it is as nice as it will be; `number` is its place in the list of steps.
    /// The contest begins when all have called this. Whoever is alone for a second gives up, with zero.
    ///
    /// # Panics
    /// If there is no competitor with this number.
    #[must_use]
    pub fn work(&self, number: usize) -> Duration {
        let seats = &self.ring.seats[..self.count];
        let seat = &seats[number];
        if getpid() == self.main || seat.pid.load(Ordering::Relaxed) != 0 {
            // The program itself does not compete, and nobody does twice.
            return Duration::ZERO;
        }
        seat.nice.store(own_nice(), Ordering::Relaxed);
        let session = getsid(None).map_or(0, Pid::as_raw);
        seat.session.store(session, Ordering::Relaxed);
        seat.place.store(only_cpu(), Ordering::Relaxed);
        seat.latest.store(cpu_time(), Ordering::Relaxed);
        seat.pid.store(getpid().as_raw(), Ordering::Release);
        self.compete(number);
        // A phase that is over is published after the times that belong to it.
        seat.used()
    }

    fn compete(&self, number: usize) {
        let seats = &self.ring.seats[..self.count];
        let first = cpu_time();
        let mut others = 0;
        let mut all_here_since = None;
        loop {
            (0..PIECE).for_each(|step| {
                black_box(step);
            });
            let now = cpu_time();
            seats[number].latest.store(now, Ordering::Release);
            let latest = |seat: &Seat| seat.latest.load(Ordering::Acquire);
            let seen = seats.iter().map(latest).sum::<u64>() - now;
            // The others have run since the last look: so a turn of this process has just begun.
            let turn_begins = seen != others || self.count == 1;
            others = seen;
            match self.ring.phase.load(Ordering::Acquire) {
                WAITING if now - first > ALONE => self.ring.phase.store(OVER, Ordering::Release),
                WAITING if self.lightest() == Some(number) => {
                    let warm = now + seen - *all_here_since.get_or_insert(now + seen);
                    if turn_begins && warm >= WARM_UP {
                        self.begin();
                    }
                }
                RUNNING => {
                    let since = |seat: &Seat| latest(seat) - seat.begin.load(Ordering::Relaxed);
                    let used: u64 = seats.iter().map(since).sum();
                    let may_end = turn_begins && self.lightest() == Some(number);
                    if used >= ENOUGH && may_end || used >= TOO_MUCH {
                        self.end();
                    }
                }
                OVER => return,
                _ => {}
            }
        }
    }

    /// To be called by the lightest one.
    fn begin(&self) {
        for seat in &self.ring.seats[..self.count] {
            let latest = seat.latest.load(Ordering::Acquire);
            seat.begin.store(latest, Ordering::Relaxed);
        }
        self.ring.phase.store(RUNNING, Ordering::Release);
    }

    /// One of them ends it for all.
    fn end(&self) {
        const ENDING: u32 = 3;
        let phase = &self.ring.phase;
        let won = phase.compare_exchange(RUNNING, ENDING, Ordering::AcqRel, Ordering::Acquire);
        if won.is_ok() {
            for seat in &self.ring.seats[..self.count] {
                let latest = seat.latest.load(Ordering::Acquire);
                seat.end.store(latest, Ordering::Relaxed);
            }
            phase.store(OVER, Ordering::Release);
        }
    }

    /// The competitor with the smallest weight, as soon as all are there.
    fn lightest(&self) -> Option<usize> {
        let seats = &self.ring.seats[..self.count];
        let all_here = seats
            .iter()
            .all(|seat| seat.pid.load(Ordering::Acquire) != 0);
        let nicest = (0..seats.len()).max_by_key(|seat| seats[*seat].nice.load(Ordering::Relaxed));
        nicest.filter(|_| all_here)
    }

    /// What came of it; `None` for those that did not take part.
    pub(super) fn competitors(&self) -> Vec<Option<Competitor>> {
        let seats = self.ring.seats[..self.count].iter();
        seats.map(Seat::competitor).collect()
    }
}

impl Seat {
    fn used(&self) -> Duration {
        let begin = self.begin.load(Ordering::Acquire);
        Duration::from_nanos(self.end.load(Ordering::Acquire).saturating_sub(begin))
    }

    fn competitor(&self) -> Option<Competitor> {
        (self.pid.load(Ordering::Acquire) != 0).then(|| Competitor {
            nice: self.nice.load(Ordering::Relaxed),
            session: self.session.load(Ordering::Relaxed),
            place: match self.place.load(Ordering::Relaxed) {
                0 => Place::Several,
                cpu => Place::Only(cpu),
            },
            cpu: self.used(),
        })
    }
}

/// The nice value of the calling process.
pub(super) fn own_nice() -> i32 {
    getpriority_process(None).unwrap_or(0)
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

/// CPU time of the calling process, in nanoseconds: exact, other than what times(2) tells.
fn cpu_time() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map(Duration::from);
    time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}
