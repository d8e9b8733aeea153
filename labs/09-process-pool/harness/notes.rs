//! Notes: which process called a given function, and when others did.
//!
//! A message can name the process that composed it, but a name can be made up. What is noted here cannot: a note exists only where
//! a process really made the call. The notes are in shared memory, so that they outlive the process that left them, and a process
//! can sleep until another one has left a certain note.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use nix::unistd::{Pid, getpid};
use rustix::thread::futex::{self, Flags};

use crate::shared::{Shareable, share};

/// More than any case of this lab needs; what comes later is not noted.
const CAPACITY: usize = 2048;

struct Page {
    /// Counts the notes that are complete. Who waits sleeps on it.
    changes: AtomicU32,
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

/// One call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Note {
    /// What was done, in the exercise's own code.
    pub(crate) deed: u64,
    /// The process that did it.
    pub(crate) pid: Pid,
}

/// The notes of one program.
pub(crate) struct Notes {
    page: OnceLock<&'static Page>,
}

impl Notes {
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

    /// Notes that the calling process did this, and wakes who waits for notes.
    pub(crate) fn add(&self, deed: u64) {
        let Some(page) = self.page.get() else { return };
        let index = page.used.fetch_add(1, Ordering::Relaxed);
        if let Some(entry) = page.entries.get(index) {
            entry.deed.store(deed, Ordering::Relaxed);
            entry.pid.store(getpid().as_raw(), Ordering::Release);
        }
        page.changes.fetch_add(1, Ordering::Release);
        // Nobody to wake is no failure.
        let _ = futex::wake(&page.changes, Flags::empty(), u32::MAX >> 1);
    }

    /// What was noted until now, in the order of the calls.
    pub(crate) fn all(&self) -> Vec<Note> {
        let Some(page) = self.page.get() else {
            return Vec::new();
        };
        let complete = |entry: &Entry| match entry.pid.load(Ordering::Acquire) {
            0 => None,
            pid => Some(Note {
                deed: entry.deed.load(Ordering::Relaxed),
                pid: Pid::from_raw(pid),
            }),
        };
        let used = page.used.load(Ordering::Acquire);
        let entries = page.entries.iter().take(used);
        entries.filter_map(complete).collect()
    }

    /// Sleeps until the notes say what is wanted.
    pub(crate) fn wait_until(&self, is_wanted: impl Fn(&[Note]) -> bool) {
        let Some(page) = self.page.get() else { return };
        loop {
            let changes = page.changes.load(Ordering::Acquire);
            if is_wanted(&self.all()) {
                return;
            }
            // It returns at once if a note has come since. Whatever it returns, the notes are looked at again.
            let _ = futex::wait(&page.changes, Flags::empty(), changes, None);
        }
    }
}
