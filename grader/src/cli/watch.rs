//! Grading on save: a program of its own, because what draws a screen takes longer to build than the grader.

use super::exit::Exit;
use super::failure::Failure;
use super::neighbor::Neighbor;
use crate::course::Course;

const WATCH: Neighbor = Neighbor {
    name: "grader-watch",
    folder: "watch",
    what: "what draws the screen",
};

pub(super) fn run(course: &Course, arguments: &[String]) -> Result<Exit, Failure> {
    if let Some(exercise) = arguments.iter().find(|it| !it.starts_with('-')) {
        // A slip is answered before anything is built.
        super::grade::find_exercise(course, exercise)?;
    }
    WATCH.become_it(course, arguments)
}
