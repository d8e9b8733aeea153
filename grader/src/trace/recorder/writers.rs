//! Who writes to standard output: one at a time, so that the order in which writes return is the order of their bytes.
//!
//! Two writes that overlap in time would leave open whose bytes come first. The second writer is left standing before its write
//! until the first has returned from its own; who writes alone is not delayed. The runner empties the pipe, so no
//! writer waits for ever.

use std::collections::VecDeque;

use super::Recorder;
use super::living::int;
use crate::trace::calls::Does;
use crate::trace::stop::{Stop, Until};

/// The place of standard output among the objects: standard input is before it.
pub(super) const STDOUT_PLACE: usize = 1;

/// Threads in a write to standard output, and before one.
#[derive(Debug, Default)]
pub(super) struct Writers {
    inside: Option<i32>,
    waiting: VecDeque<Stop>,
}

impl Recorder {
    /// Lets a thread into the call that it stands before, unless another one has to return from its write first.
    pub(super) fn let_in(&mut self, stop: Stop) {
        if !self.is_about_to_print(stop.pid()) {
            let until = self.until(stop.pid());
            stop.resume(until);
        } else if self.writers.inside.is_none() {
            self.print(stop);
        } else {
            self.writers.waiting.push_back(stop);
        }
    }

    fn print(&mut self, stop: Stop) {
        self.writers.inside = Some(stop.pid());
        let now = self.now();
        let thread = self.threads.get_mut(stop.pid());
        if let Some(call) = thread.and_then(|it| it.call.as_mut()) {
            // The time that it stood was not the program's.
            call.at = now;
        }
        stop.resume(Until::CallExit);
    }

    /// A thread has returned from its call, or is about to end: if it was writing, the next one may.
    pub(super) fn has_left(&mut self, thread: i32) {
        if !self.writers.waiting.is_empty() {
            // One that was killed while it stood here.
            self.writers.waiting.retain(|stop| stop.pid() != thread);
        }
        if self.writers.inside == Some(thread) {
            self.writers.inside = None;
            if let Some(next) = self.writers.waiting.pop_front() {
                self.print(next);
            }
        }
    }

    /// Lets all go on: the run is being ended.
    pub(super) fn let_all_in(&mut self) {
        for stop in std::mem::take(&mut self.writers.waiting) {
            stop.resume(Until::NextStop);
        }
    }

    fn is_about_to_print(&self, thread: i32) -> bool {
        let Some(thread) = self.threads.get(thread) else {
            return false;
        };
        let Some(call) = &thread.call else {
            return false;
        };
        if call.known.does != Does::Put || call.changed.result.is_some() {
            return false;
        }
        let live = self.live.get(thread.process);
        let descriptor = int(call.call.arguments[0]);
        let held = live.and_then(|live| live.descriptors.get(descriptor));
        held.is_some_and(|held| held.object == STDOUT_PLACE)
    }
}
