//! The section: what a lock or a semaphore lets processes into. It counts who is inside.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::shared::{Shareable, point};

/// The point at which a process is inside, in a schedule.
pub(crate) const INSIDE: u64 = 0;

/// The names of the points.
pub(crate) const POINTS: &[&str] = &["is inside"];

/// How many processes are inside, and how many have been at once. No operation on it can be put in order by a schedule: it only
/// observes.
pub(crate) struct Section {
    inside: AtomicU32,
    most: AtomicU32,
    entries: AtomicU32,
}

// SAFETY: it consists of atomics.
unsafe impl Shareable for Section {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

impl Section {
    pub(crate) const fn new() -> Self {
        Self {
            inside: AtomicU32::new(0),
            most: AtomicU32::new(0),
            entries: AtomicU32::new(0),
        }
    }

    /// Goes in, and out again.
    pub(crate) fn visit(&self) {
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(inside, Ordering::SeqCst);
        self.entries.fetch_add(1, Ordering::SeqCst);
        point(INSIDE, 0);
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }

    /// The most processes that have been inside at once.
    pub(crate) fn most(&self) -> u32 {
        self.most.load(Ordering::SeqCst)
    }

    /// How often somebody has gone in.
    pub(crate) fn entries(&self) -> u32 {
        self.entries.load(Ordering::SeqCst)
    }

    /// Forgets how often, for a new count.
    pub(crate) fn forget(&self) {
        self.entries.store(0, Ordering::SeqCst);
    }
}
