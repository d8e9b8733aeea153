//! Lab 13: a job-control shell. The library that the program is built on.
//!
//! # Layout
//!
//! - [`program`]: what every driver uses: the guard against a child that falls through.
//! - [`syntax`]: from the text of a line to commands, arguments and redirections.
//! - [`jobs`]: the list of jobs: what is known of them, and how that is told.
//! - [`session`]: the driver: reads lines, has them executed, tells what has become of jobs.
//!
//! Nothing here is edited by students.

pub mod program;

pub mod syntax;

pub mod jobs;

pub mod session;

pub use jobs::{Job, Jobs, State};
pub use session::{Shell, drive};
pub use syntax::{Command, Line, Redirection, Target};
