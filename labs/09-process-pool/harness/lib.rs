//! Lab 09: process pools. The library that the lab's programs share.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: marked output, and the guard against a child that falls through.
//! - `shared`: memory that a program shares with the processes it forks, and `notes`: what the given functions note there about the
//!   processes that call them, and how a process waits for a note of another one.
//! - `idle`: whether another process has nothing to do.
//! - [`work`]: the tasks of `pool-map` and `pool-survives`, which last as long as the driver wants.
//! - One module for each exercise: its driver, which calls the student's function and prints what
//!   came of it, and the plumbing that is given.
//!
//! Nothing here is edited by students.

pub mod program;

mod idle;
mod notes;
mod shared;

pub mod work;

pub mod parallel_backup;
pub mod pool_map;
pub mod pool_sizing;
pub mod pool_survives;
