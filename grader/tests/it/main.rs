//! The grader's command, as people meet it: what is printed, where, and with which exit code.
//!
//! Every test has a small course of its own. Programs are built and run by `tests/solutions.rs`, not here.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod commands;
mod course;
mod report;
mod terminal;
