//! The grader of the course.
//!
//! # Layout, in the order in which to read it
//!
//! Data: [`course`] (labs, exercises, cases and diagnoses as they are on disk), [`record`] (everything seen of one
//! run), [`verdict`] (findings and points, the public report).
//!
//! The way of a submission: [`submission`] (which files are taken), [`sources`] (the text of a program), [`overlay`] (laid over a pristine course),
//! [`compile`] (made programs), [`run`] (one case, through the runner in [`sandbox`] and its tracer in [`trace`]), [`check`] (record against
//! expectation, with [`normalise`]), [`grade`] (all of it, with [`cache`] and [`work`]), [`report`] (a verdict as bytes),
//! [`timeline`] (a record as a picture).
//!
//! Around it: [`cli`] (commands and exit codes), [`part`] (what the program executes itself for), [`self_check`] (the course checked against itself),
//! [`skeleton`] (what a new lab begins with), [`export`] (the student's copy), [`progress`] (what long work tells), [`version`] (which grader this
//! is, and which one the course wants).
//!
//! Dependencies point one way: `cli` → `grade` → `run`, `compile` → `sandbox` → `trace` → `record`; `check` and `report` know only
//! the record and the course.
#![deny(unsafe_code)]

pub mod cache;
pub mod check;
pub mod cli;
pub mod compile;
pub mod course;
pub mod export;
pub mod grade;
pub mod normalise;
pub mod overlay;
pub mod part;
pub mod progress;
pub mod record;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod self_check;
pub mod skeleton;
pub mod sources;
pub mod submission;
pub mod timeline;
pub mod trace;
pub mod verdict;
pub mod version;
pub mod work;
