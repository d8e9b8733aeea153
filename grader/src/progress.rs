//! What long work tells about itself while it goes on.

use std::time::Duration;

/// A stage of grading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Waiting for another grader that works in the same folder.
    Waiting,
    /// Getting the course's packages ready.
    Preparing,
    /// Compiling answers.
    Compiling,
    /// Running cases.
    Running,
}

/// What time is spent on that is not the grader's own work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Spent {
    /// Cargo and the compiler.
    Cargo,
    /// The programs that are graded.
    Programs,
}

/// Somebody who wants to know how far the work is.
pub trait Progress: Sync {
    /// A stage begins; `total` steps are known to come, 0 where their number is not known.
    fn begin(&self, stage: Stage, total: usize);
    /// One step of the stage is done.
    fn advance(&self, what: &str);
    /// The stage is over.
    fn end(&self);
    /// Time was spent on something that is not the grader's own work.
    fn spent(&self, _on: Spent, _time: Duration) {}
}

/// Nobody wants to know.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _stage: Stage, _total: usize) {}
    fn advance(&self, _what: &str) {}
    fn end(&self) {}
}
