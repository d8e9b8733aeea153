//! Hints: one at a time, and how to get the next.

use super::exit::Exit;
use super::failure::Failure;
use super::grade::find_exercise;
use super::screen::Screen;
use crate::course::{Course, ExerciseRef};
use crate::report::layout::{self, LongWords};
use crate::report::markdown;
use crate::report::style::{Role, Style};

pub(super) fn run(
    course: &Course,
    name: &str,
    step: usize,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let exercise = find_exercise(course, name)?;
    screen.print(&render(exercise, step, screen.stdout))?;
    Ok(Exit::Success)
}

fn render(exercise: ExerciseRef<'_>, step: usize, style: Style) -> String {
    let hints = &exercise.exercise.hints;
    let name = exercise.name();
    let hint = step.checked_sub(1).and_then(|index| hints.get(index));
    let heading = format!("Hint {step} of {} for {name}", hints.len());
    let heading = style.paint(Role::Strong, &heading);
    let text = markdown::inline(hint.map_or("", String::as_str), style);
    let text = layout::paragraph(&text, style.columns(), 2, LongWords::Keep);
    let next = if step < hints.len() {
        let command = style.paint(Role::Code, &format!("cargo grade hint {name} {}", step + 1));
        format!("The next hint says more: {command}")
    } else {
        let readme = style.paint(
            Role::Code,
            &format!("labs/{}/README.md", exercise.lab.folder),
        );
        format!("That was the last hint. The concepts are in {readme}")
    };
    let next = layout::paragraph(&next, style.columns(), 0, LongWords::Keep);
    format!("{heading}\n\n{text}\n\n{next}\n")
}
