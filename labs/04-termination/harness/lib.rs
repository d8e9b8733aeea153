//! Lab 04: termination. The library that the lab's programs share.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: marked output, and the guard against a child that falls through.
//! - `shared`: memory that a driver shares with the processes that it forks.
//! - `wire`: short messages between a driver and the processes that it forks.
//! - `watch`: what a driver asks the kernel about a process, without reaping it.
//! - One module for each exercise: its driver, which calls the student's function and prints what
//!   came of it, and the plumbing that is given.
//!
//! Nothing here is edited by students.

pub mod program;
mod shared;
mod watch;
mod wire;

pub mod daemon_workers;
pub mod download_monitor;
pub mod graceful_worker;
pub mod stuck_worker;
pub mod terminate;
