//! Lab 03: zombies and orphans. The library that the lab's programs share.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: marked output, and the guard against a child that falls through.
//! - [`ending`]: how a child is to end, and how one has ended.
//! - [`kernel`]: what a driver reads in `/proc`, instead of believing what the student's function says.
//! - `shared`: memory that a driver shares with the processes that it forks.
//! - One module for each exercise: its driver, which calls the student's function and prints what
//!   came of it, and the plumbing that is given.
//!
//! Nothing here is edited by students.

pub mod ending;
pub mod kernel;
pub mod program;
mod shared;

pub mod daemonize;
pub mod make_zombie;
pub mod orphan;
pub mod pid_reuse;
pub mod reap_all;
pub mod sigchld_reaper;
pub mod subreaper;
