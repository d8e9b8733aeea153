//! Notes on which process did what, in the order in which it was done.
//!
//! A line of output can be made up. A note cannot: it is there only where a process really called a given function.
//! The notes are in memory that all processes of the program share, so that they outlive who left them.

use std::num::NonZeroUsize;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicU64, AtomicUsize, Ordering};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::unistd::{Pid, getpid};

/// What a driver keeps in memory that it shares with the processes that are forked later.
///
/// # Safety
///
/// A value whose bytes are all zero is valid, and every field is an atomic: another process can change it at any time.
pub(crate) unsafe trait Kept: Sync {}

/// Maps a `T` of zeros that stays mapped, and shared, in every process forked from now on.
pub(crate) fn share_zeros<T: Kept>() -> nix::Result<&'static T> {
    let length = NonZeroUsize::new(size_of::<T>()).unwrap_or(NonZeroUsize::MIN);
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is page-aligned, as large as a `T`, filled with zeros and never unmapped; `Kept` promises
    // that zeros are a valid `T` and that changes from elsewhere are expected.
    Ok(unsafe { memory.cast::<T>().as_ref() })
}

/// More than any case of this lab needs; what comes later is not noted.
const CAPACITY: usize = 1024;

/// How many numbers a note has.
pub(crate) const VALUES: usize = 4;

struct Page {
    used: AtomicUsize,
    entries: [Entry; CAPACITY],
}

struct Entry {
    deed: AtomicU64,
    values: [AtomicU64; VALUES],
    /// 0 until the entry is complete.
    pid: AtomicI32,
}

// SAFETY: a page consists of atomics.
unsafe impl Kept for Page {}

/// One note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Note {
    /// What was done, in the exercise's own code.
    pub(crate) deed: u64,
    /// What else there is to say of it.
    pub(crate) values: [u64; VALUES],
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
    pub(crate) fn begin(&self) -> nix::Result<()> {
        let page = share_zeros::<Page>()?;
        self.page.get_or_init(|| page);
        Ok(())
    }

    /// Notes that the calling process did this.
    pub(crate) fn add(&self, deed: u64, values: [u64; VALUES]) {
        let Some(page) = self.page.get() else { return };
        let index = page.used.fetch_add(1, Ordering::AcqRel);
        if let Some(entry) = page.entries.get(index) {
            entry.deed.store(deed, Ordering::Relaxed);
            for (place, value) in entry.values.iter().zip(values) {
                place.store(value, Ordering::Relaxed);
            }
            entry.pid.store(getpid().as_raw(), Ordering::Release);
        }
    }

    /// What was noted until now.
    pub(crate) fn all(&self) -> Vec<Note> {
        let Some(page) = self.page.get() else {
            return Vec::new();
        };
        let complete = |entry: &Entry| match entry.pid.load(Ordering::Acquire) {
            0 => None,
            pid => Some(Note {
                deed: entry.deed.load(Ordering::Relaxed),
                values: entry.values.each_ref().map(|it| it.load(Ordering::Relaxed)),
                pid: Pid::from_raw(pid),
            }),
        };
        page.entries.iter().filter_map(complete).collect()
    }

    /// What was noted of one deed until now.
    pub(crate) fn of(&self, deed: u64) -> Vec<Note> {
        let mut notes = self.all();
        notes.retain(|note| note.deed == deed);
        notes
    }
}
