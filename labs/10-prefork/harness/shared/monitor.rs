//! A lock and a condition for processes: what a monitor is made of.
//!
//! They are given where the exercise is about their use. In a schedule, taking the lock, giving it back and notifying are one step each.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::{Flags, SharedU32};
use crate::shared;

shared! {
    /// A lock that one process has at a time.
    #[derive(Debug)]
    pub struct Lock {
        taken: SharedU32,
    }
}

shared! {
    /// A condition: something that processes wait for while they do not hold the lock.
    #[derive(Debug)]
    pub struct Condition {
        notified: SharedU32,
    }
}

impl Lock {
    /// A lock that nobody has.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            taken: SharedU32::new(0),
        }
    }

    /// Takes the lock; sleeps while another process has it.
    #[track_caller]
    pub fn lock(&self) {
        while self.taken.swap(1, Acquire) != 0 {
            self.taken.futex_wait(Flags::empty(), 1);
        }
    }

    /// Gives the lock back.
    #[track_caller]
    pub fn unlock(&self) {
        self.taken.store(0, Release);
        self.taken.wake_in_the_same_step(1);
    }
}

impl Condition {
    /// A condition that nobody waits for.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            notified: SharedU32::new(0),
        }
    }

    /// Gives the lock back, sleeps until somebody notifies, and takes the lock again. No notification comes in between the first two.
    ///
    /// It may also return without one, and between the notification and the return others may have had the lock: whatever the
    /// caller waits for, it has to look again.
    #[track_caller]
    pub fn wait(&self, lock: &Lock) {
        let notified = self.notified.load_in_the_same_step(Relaxed);
        lock.unlock();
        self.notified.futex_wait(Flags::empty(), notified);
        lock.lock();
    }

    /// Wakes one of those who wait, if there is one.
    #[track_caller]
    pub fn notify_one(&self) {
        self.notified.fetch_add(1, Relaxed);
        self.notified.wake_in_the_same_step(1);
    }

    /// Wakes all who wait.
    #[track_caller]
    pub fn notify_all(&self) {
        self.notified.fetch_add(1, Relaxed);
        self.notified.wake_in_the_same_step(u32::MAX);
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self::new()
    }
}
