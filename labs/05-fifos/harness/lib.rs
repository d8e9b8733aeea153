//! Lab 05: FIFOs, the pipes that have a name. The library that the lab's programs share.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: marked output, and the guard against a child that falls through.
//! - `cast`: the other programs of an exercise, which know of each other nothing but the name of a FIFO.
//! - One module for each exercise: its driver, which calls the student's functions and prints what
//!   came of it, and the plumbing that is given.
//!
//! Nothing here is edited by students.

pub mod program;

mod cast;

pub mod fifo_log;
pub mod fifo_message;
pub mod fifo_rpc;
pub mod fifo_timeout;
