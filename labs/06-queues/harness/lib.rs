//! Lab 06: queues. The library that the lab's programs share.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: marked output, and the guard against a child that falls through.
//! - `queue`: names of message queues that no other run has, and what a driver says where the host has no queue for it.
//! - `shared`: memory that a program shares with the processes it forks, and `witness`: what the given
//!   functions note there about the processes that call them.
//! - `idle`: whether another process has nothing to do.
//! - One module for each exercise: its driver, which calls the student's function and prints what
//!   came of it, and the plumbing that is given.
//!
//! Nothing here is edited by students.

pub mod program;

mod idle;
mod queue;
mod shared;
mod witness;

pub mod manager_list;
pub mod mq_tasks;
pub mod priority_mail;
pub mod work_queue;
