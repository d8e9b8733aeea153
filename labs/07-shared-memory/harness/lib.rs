//! Lab 07: shared memory. The library that the lab's programs share.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: marked output, and the guard against a child that falls through.
//! - [`mod@shared`]: words in memory that processes share, and schedules that put their operations into any order.
//! - `admission` and `section`: processes that go in and out, for the drivers of locks and semaphores; `ledger`: what goes into a buffer and
//!   out of it.
//! - `notes` and `place`: which process called a given function, and whose memory an address is.
//! - One module for each exercise: its driver, which calls the student's functions and prints what
//!   came of it, and the plumbing that is given.
//!
//! Nothing here is edited by students.

pub mod program;
pub mod shared;

mod admission;
mod ledger;
mod notes;
mod place;
mod section;

pub mod atomic_counter;
pub mod bounded_buffer;
pub mod futex_mutex;
pub mod partitioned_counter;
pub mod pipe_vs_shm;
pub mod racy_counter;
pub mod ring_queue;
pub mod robust_lock;
pub mod semaphore;
pub mod shared_array;
