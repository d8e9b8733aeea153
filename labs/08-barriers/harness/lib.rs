//! Lab 08: barriers. The library that the lab's programs share.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: marked output, and the guard against a child that falls through.
//! - `notes`: what the given functions note about the processes that call them, in memory that all of them share.
//! - [`mod@shared`]: words in memory that processes share, and schedules that put their operations into any order. Lab 07 has the same.
//! - [`barrier`]: the barrier that is given to `phases`.
//! - One module for each exercise: its driver, which calls the student's function and prints what
//!   came of it, and the plumbing that is given.
//!
//! Nothing here is edited by students.

pub mod barrier;
pub mod program;
pub mod shared;

mod notes;

pub mod broken_barrier;
pub mod phases;
pub mod reusable_barrier;
pub mod start_line;
