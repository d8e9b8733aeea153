//! Shell completions and manual pages: needed once, so their generators are in a program of their own.

use super::exit::Exit;
use super::failure::Failure;
use super::neighbor::Neighbor;
use crate::course::Course;

const MANUAL: Neighbor = Neighbor {
    name: "grader-manual",
    folder: "manual",
    what: "what writes manuals",
};

pub(super) fn run(course: &Course, arguments: &[String]) -> Result<Exit, Failure> {
    MANUAL.become_it(course, arguments)
}
