//! Grading a class: a program of its own, because no student should wait until what reads archives and tables is built.

use std::ffi::OsString;

use super::exit::Exit;
use super::failure::Failure;
use super::neighbor::Neighbor;
use crate::course::Course;

const CLASS: Neighbor = Neighbor {
    name: "grader-class",
    folder: "class",
    what: "what grades a class",
};

/// Becomes the program, which reads the same words again.
pub(super) fn run(course: &Course, typed: &[OsString]) -> Result<Exit, Failure> {
    CLASS.become_it(course, typed)
}
