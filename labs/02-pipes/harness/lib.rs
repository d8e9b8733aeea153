//! Lab 02: anonymous pipes. The library that the lab's programs share.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: marked output, and the guard against a child that falls through.
//! - `shared`: memory that a program shares with the processes it forks, and `witness`: what the given
//!   functions note there about the processes that call them.
//! - One module for each exercise: its driver, which calls the student's function and prints what
//!   came of it, and the plumbing that is given.
//!
//! Nothing here is edited by students.

pub mod program;

mod shared;
mod witness;

pub mod factorial_pipeline;
pub mod framing;
pub mod hello_pipe;
pub mod prime_sieve;
pub mod request_reply;
pub mod shell_pipeline;
