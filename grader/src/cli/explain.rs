//! The text of a diagnosis, or the list of all diagnoses.

use super::exit::Exit;
use super::failure::Failure;
use super::grade::find_exercise;
use super::screen::Screen;
use crate::course::{Course, Diagnosis, DiagnosisError, Lab, nearest};
use crate::report::layout::{self, LongWords};
use crate::report::markdown;
use crate::report::style::{Role, Style};

/// Columns of a name in the list of all diagnoses; a longer one has its title on the next line.
const NAME: usize = 28;

pub(super) fn run(
    course: &Course,
    name: Option<&str>,
    exercise: Option<&str>,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let style = screen.stdout;
    let Some(name) = name else {
        screen.print(&list(course, style))?;
        return Ok(Exit::Success);
    };
    let lab = exercise.map(|it| find_exercise(course, it)).transpose()?;
    let text = match lab {
        Some(exercise) => course.diagnosis(Some(exercise.lab), name),
        None => any(course, name),
    };
    let text = text.map_err(|error| refuse(course, name, error))?;
    let mut page = markdown::render(&text.markdown, style, 0) + "\n";
    if lab.is_none() {
        page.push_str(&elsewhere(course, &text, style));
    }
    screen.print(&page)?;
    Ok(Exit::Success)
}

/// The shared text, or that of the first lab that has one.
fn any(course: &Course, name: &str) -> Result<Diagnosis, DiagnosisError> {
    let shared = course.diagnosis(None, name);
    let Err(DiagnosisError::Unknown { .. }) = shared else {
        return shared;
    };
    let own = course
        .labs
        .iter()
        .map(|lab| course.diagnosis(Some(lab), name));
    own.into_iter()
        .find(|text| !matches!(text, Err(DiagnosisError::Unknown { .. })))
        .unwrap_or(shared)
}

/// A line about labs that have another text of this name.
fn elsewhere(course: &Course, text: &Diagnosis, style: Style) -> String {
    let has_other = |lab: &&Lab| {
        let other = course.diagnosis(Some(lab), &text.name);
        other.is_ok_and(|other| other.markdown != text.markdown)
    };
    let example = course
        .labs
        .iter()
        .filter(has_other)
        .find_map(|lab| lab.exercises().next());
    example.map_or_else(String::new, |exercise| {
        let command = format!("cargo grade explain {} {}", text.name, exercise.name());
        let command = style.paint(Role::Code, &command);
        let note = format!(
            "Lab {} has a text of its own: {command}",
            exercise.lab.folder
        );
        let note = layout::paragraph(&note, style.columns(), 0, LongWords::Keep);
        format!("\n{note}\n")
    })
}

fn refuse(course: &Course, name: &str, error: DiagnosisError) -> Failure {
    let unknown = matches!(error, DiagnosisError::Unknown { .. });
    let failure = Failure::from(error);
    if !unknown {
        return failure;
    }
    let names = course.diagnosis_names();
    let hint = match nearest(name, names.iter().map(String::as_str)) {
        Some(name) => format!("did you mean `cargo grade explain {name}`?"),
        None => "`cargo grade explain` lists all diagnoses".to_owned(),
    };
    failure.while_it("explain").hint(hint)
}

fn list(course: &Course, style: Style) -> String {
    let mut text = String::new();
    for name in course.diagnosis_names() {
        // A text that is faulty is still listed: asking for it says what is wrong.
        let title = any(course, &name).map(|it| markdown::inline(&it.title, style));
        let title = title.unwrap_or_default();
        let column = NAME + 2;
        let margin = " ".repeat(column);
        if name.len() <= NAME {
            let first = format!("{}  ", layout::pad(&name, NAME));
            let line = layout::hanging(&title, style.columns(), &first, &margin, LongWords::Keep);
            text.push_str(&line);
        } else {
            text.push_str(&format!("{name}\n"));
            let line = layout::paragraph(&title, style.columns(), column, LongWords::Keep);
            text.push_str(&line);
        }
        text.push('\n');
    }
    text
}
