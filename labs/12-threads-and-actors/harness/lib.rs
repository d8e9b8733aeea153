//! Lab 12: threads and actors. The library that the lab's programs share.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: marked output, and the guard against a child that falls through.
//! - `shared`: memory that a driver shares with the processes that it forks.
//! - `rest`: whether other threads and processes have nothing to do.
//! - `crash`: crashes that are ordered, and what is said about them.
//! - One module for each exercise: its driver, which calls the student's functions and prints what
//!   came of it, and the plumbing that is given.
//!
//! Nothing here is edited by students.

pub mod program;

mod crash;
mod rest;
mod shared;

pub mod actors;
pub mod channel_pipeline;
pub mod daemon_thread;
pub mod supervisor;
pub mod threads_vs_processes;
