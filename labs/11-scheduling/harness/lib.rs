//! Lab 11: scheduling. The library that the lab's programs share.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: marked output, and the guard against a child that falls through.
//! - [`schedule`]: slices of a CPU's time, whether a list of them is a schedule at all, and how it is shown.
//! - [`weights`]: what the kernel makes of a nice value.
//! - `arguments`: lists of numbers on the command line. `shared`: memory that a program shares with the processes it forks.
//! - One module for each exercise: its driver, which calls the student's function and prints what
//!   came of it, and the plumbing that is given.
//!
//! Nothing here is edited by students.

pub mod program;

pub mod schedule;
pub mod weights;

mod arguments;
mod shared;

pub mod cfs;
pub mod eevdf;
pub mod lottery_stride;
pub mod mlfq;
pub mod nice_shares;
pub mod priority_aging;
pub mod round_robin;
pub mod switch_cost;
