//! The witness: notes on which process called a given function.
//!
//! A message can name the process that composed it, but a name can be made up. What the witness has
//! seen cannot: a sighting exists only where a process really made the call. The notes are in shared
//! memory, so that they outlive the process that left them.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};

use nix::unistd::{Pid, getpid};

use crate::shared::{Shareable, share};

/// More than any case of this lab needs; what comes later is not noted.
const CAPACITY: usize = 2048;

struct Page {
    used: AtomicUsize,
    entries: [Entry; CAPACITY],
}

struct Entry {
    deed: AtomicU64,
    /// 0 until the entry is complete.
    pid: AtomicI32,
}

// SAFETY: a page consists of atomics, for which zeros are valid.
unsafe impl Shareable for Page {}

/// One call, as the witness saw it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sighting {
    /// What was done, in the exercise's own code.
    pub(crate) deed: u64,
    /// The process that did it.
    pub(crate) pid: Pid,
}

/// The notes of one program.
pub(crate) struct Witness {
    page: OnceLock<&'static Page>,
}

impl Witness {
    pub(crate) const fn new() -> Self {
        Self {
            page: OnceLock::new(),
        }
    }

    /// Begins to take notes; to be called before the first fork.
    pub(crate) fn begin(&self) -> io::Result<()> {
        let page = share::<Page>()?;
        self.page.get_or_init(|| page);
        Ok(())
    }

    /// Notes that the calling process did this.
    pub(crate) fn note(&self, deed: u64) {
        let Some(page) = self.page.get() else { return };
        let index = page.used.fetch_add(1, Ordering::Relaxed);
        if let Some(entry) = page.entries.get(index) {
            entry.deed.store(deed, Ordering::Relaxed);
            entry.pid.store(getpid().as_raw(), Ordering::Release);
        }
    }

    /// What was noted until now, in the order of the calls.
    pub(crate) fn sightings(&self) -> Vec<Sighting> {
        let Some(page) = self.page.get() else {
            return Vec::new();
        };
        let complete = |entry: &Entry| match entry.pid.load(Ordering::Acquire) {
            0 => None,
            pid => Some(Sighting {
                deed: entry.deed.load(Ordering::Relaxed),
                pid: Pid::from_raw(pid),
            }),
        };
        page.entries.iter().filter_map(complete).collect()
    }
}
