//! The class command as instructors meet it. Most tests have a small course without packages of its own, whose answers build at once.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod crashes;
mod demo;
mod grading;
mod made_class;
mod pages;
mod parts;
mod policy;
mod similarity;
