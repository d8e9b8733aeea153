//! Lab 01: fork, exec and wait. The library that the lab's programs share.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: marked output, and the guard against a child that falls through.
//! - [`evidence`]: who did the work, told by the processes that did it.
//! - [`seeded`]: numbers drawn from a seed.
//! - [`witness`]: what a driver asks the kernel itself: was there a process, which descriptors are open.
//! - One module for each exercise: its driver, which calls the student's function and prints what
//!   came of it, and the plumbing that is given.
//!
//! Nothing here is edited by students.

pub mod evidence;
pub mod program;
pub mod seeded;
pub mod witness;

pub mod exit_status;
pub mod fork_tree;
pub mod named_uploads;
pub mod own_memory;
pub mod run_command;
pub mod spawn_fresh;
pub mod spawn_workers;
pub mod worker_type;
