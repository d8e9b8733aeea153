//! The grader's command, as people meet it: what is printed, where, and with which exit code; and its runner, as the
//! grader meets it.
//!
//! Every test of the command has a small course of its own. The real one is graded by `tests/solutions.rs`.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod commands;
mod course;
mod export;
mod folders;
mod formats;
mod grading;
mod groups;
mod hangs;
mod hostile;
mod interventions;
mod keyboard;
mod killed;
mod leaks;
mod lesson;
mod pages;
mod processes;
mod report;
mod rows;
mod runner;
mod skeleton;
mod terminal;
mod timeline;
mod trace;
mod trouble;
