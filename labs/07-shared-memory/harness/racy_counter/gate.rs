//! The gate between load and store: it keeps a worker until the others had their chance to load, too.
//!
//! Nothing depends on how fast anybody is. Whether another worker is locked out is asked of the kernel: it sleeps, and it
//! has not run between two looks.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use nix::unistd::{Pid, getpid};
use rustix::thread::futex::{self, Timespec};

use crate::notes::Kept;

/// The most workers.
pub(super) const MOST: usize = 8;

/// Between two looks at another worker.
const PAUSE: Duration = Duration::from_millis(2);

/// Long enough for any worker to come to its lock and fall asleep. Whoever has not done so by then asks again and again.
const PATIENCE: Duration = Duration::from_secs(3);

/// The counter, and how far each worker has come.
#[derive(Debug)]
pub(super) struct Gate {
    value: AtomicU64,
    begun: AtomicUsize,
    /// Somebody waited in vain. From then on nobody is kept any more.
    is_open: AtomicBool,
    was_spinning: AtomicBool,
    slots: [Slot; MOST],
}

#[derive(Debug)]
struct Slot {
    pid: AtomicI32,
    /// 0 before all have begun, then 1, then 2 + the number of the round in which it has loaded.
    progress: AtomicUsize,
    /// How often it has stored what it had loaded, and one more.
    added: AtomicUsize,
}

// SAFETY: it consists of atomics.
unsafe impl Kept for Gate {}

const RUNNING: usize = 1;
const LOADED: usize = 2;
const FINISHED: usize = usize::MAX;

/// What another worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// It sleeps; so often it has run until now.
    Asleep(u64),
    /// It runs, or it is about to.
    Awake,
    /// It has ended.
    Gone,
}

impl Gate {
    /// Waits until all workers have begun.
    pub(super) fn begin(&self, worker: usize, workers: usize) {
        if let Some(slot) = self.slots.get(worker) {
            slot.pid.store(getpid().as_raw(), Ordering::Relaxed);
        }
        self.begun.fetch_add(1, Ordering::AcqRel);
        // Workers that are started one after the other would never come together.
        self.wait_until(|| self.begun.load(Ordering::Acquire) >= workers);
        self.advance(worker, RUNNING);
    }

    /// Reads the counter, and returns when nobody else can load it any more before this worker stores.
    pub(super) fn load(&self, worker: usize, workers: usize, round: usize) -> u64 {
        let value = self.value.load(Ordering::SeqCst);
        self.advance(worker, LOADED + round);
        for other in (0..workers.min(MOST)).filter(|it| *it != worker) {
            let mut last = State::Awake;
            let has_come = self.wait_until(|| {
                if self.slots[other].progress.load(Ordering::SeqCst) >= LOADED + round {
                    return true;
                }
                let state = self.state_of(other);
                let is_out = state == State::Gone || (state != State::Awake && state == last);
                last = state;
                is_out
            });
            if !has_come {
                self.was_spinning.store(true, Ordering::Relaxed);
            }
        }
        value
    }

    /// Writes the counter.
    pub(super) fn store(&self, worker: usize, value: u64, is_last: bool) {
        self.value.store(value, Ordering::SeqCst);
        if is_last {
            self.advance(worker, FINISHED);
        }
    }

    pub(super) fn value(&self) -> u64 {
        self.value.load(Ordering::SeqCst)
    }

    pub(super) fn was_spinning(&self) -> bool {
        self.was_spinning.load(Ordering::Relaxed)
    }

    /// The processes of the workers, as far as they have begun.
    pub(super) fn pids(&self, workers: usize) -> impl Iterator<Item = Option<Pid>> {
        let pids = self.slots.iter().take(workers);
        pids.map(|slot| match slot.pid.load(Ordering::Relaxed) {
            0 => None,
            pid => Some(Pid::from_raw(pid)),
        })
    }

    /// A worker has loaded the counter and is about to store one more.
    pub(super) fn note_addition(&self, worker: usize) {
        if let Some(slot) = self.slots.get(worker) {
            slot.added.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often each worker has added one, lost or not.
    pub(super) fn additions(&self, workers: usize) -> impl Iterator<Item = usize> {
        let slots = self.slots.iter().take(workers);
        slots.map(|slot| slot.added.load(Ordering::Relaxed))
    }

    fn advance(&self, worker: usize, progress: usize) {
        if let Some(slot) = self.slots.get(worker) {
            slot.progress.store(progress, Ordering::SeqCst);
        }
    }

    /// Asks until the answer is yes; `false` if that takes too long, which no right program lets happen.
    fn wait_until(&self, mut is_so: impl FnMut() -> bool) -> bool {
        let begin = Instant::now();
        while !self.is_open.load(Ordering::Relaxed) {
            if is_so() {
                return true;
            }
            if begin.elapsed() > PATIENCE {
                self.is_open.store(true, Ordering::Relaxed);
                return false;
            }
            pause();
        }
        true
    }

    fn state_of(&self, worker: usize) -> State {
        let slot = &self.slots[worker];
        if slot.progress.load(Ordering::SeqCst) < RUNNING {
            // It sleeps perhaps, but in `begin`.
            return State::Awake;
        }
        let Ok(status) =
            fs::read_to_string(format!("/proc/{}/status", slot.pid.load(Ordering::Relaxed)))
        else {
            return State::Gone;
        };
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches([':', '\t']).split(' ').next()
        };
        match field("State") {
            Some("S") => {
                let count = |name| field(name).and_then(|it| it.parse::<u64>().ok());
                let switches = [
                    count("voluntary_ctxt_switches"),
                    count("nonvoluntary_ctxt_switches"),
                ];
                State::Asleep(switches.into_iter().flatten().sum())
            }
            Some("Z" | "X") | None => State::Gone,
            Some(_) => State::Awake,
        }
    }
}

/// Sleeps for a moment, on a word that nobody changes: to the recorder, which can let every sleep of a program end at once, this is none.
fn pause() {
    let word = AtomicU32::new(0);
    let moment = Timespec {
        tv_sec: 0,
        tv_nsec: PAUSE.subsec_nanos().into(),
    };
    let _ = futex::wait(&word, futex::Flags::PRIVATE, 0, Some(&moment));
}
