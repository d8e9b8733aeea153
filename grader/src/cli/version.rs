//! The versions of the grader and of the course.

use std::path::Path;

use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use crate::course::{Course, CourseError};
use crate::report::style::count;
use crate::version::{GRADER, Versions};

pub(super) fn run(here: &Path, screen: &Screen) -> Result<Exit, Failure> {
    let mut text = format!("grader {GRADER}\n");
    match Course::find(here) {
        Ok(course) => {
            let versions = Versions::read(&course.root);
            text.push_str(&format!(
                "course {}: {}, {}\n",
                versions.course.as_deref().unwrap_or("of no stated version"),
                count(course.labs.len(), "lab", "labs"),
                count(course.exercises().count(), "exercise", "exercises"),
            ));
            if let Some(mismatch) = versions.mismatch() {
                text.push_str(&format!("note: {mismatch}\n"));
            }
        }
        Err(CourseError::NotFound { .. }) => text.push_str("no course here\n"),
        Err(error) => return Err(error.into()),
    }
    screen.print(&text)?;
    Ok(Exit::Success)
}
