//! The list of labs and exercises: a table for people, JSON for programs.

use serde::Serialize;

use super::args::ListFormat;
use super::exit::Exit;
use super::failure::Failure;
use super::screen::Screen;
use crate::course::{Course, Exercise, ExerciseRef, Lab, Level};
use crate::report::layout::{self, LongWords};
use crate::report::style::{Role, Style};
use crate::report::visible;

/// Name and version of the JSON list.
const LIST_SCHEMA: &str = "forklings/list/v1";

/// Columns of an exercise's level, minutes and points, with their gaps.
const NUMBERS: usize = 2 + 5 + 2 + 7 + 2 + 6;

/// Columns that a title needs to stand beside the numbers; with fewer it goes under them.
const NARROWEST_TITLE: usize = 24;

/// The JSON list. Tools rely on it: fields are added, never changed.
#[derive(Debug, Serialize)]
struct List<'a> {
    schema: &'static str,
    labs: Vec<ListedLab<'a>>,
}

#[derive(Debug, Serialize)]
struct ListedLab<'a> {
    folder: &'a str,
    package: &'a str,
    title: &'a str,
    exercises: Vec<ListedExercise<'a>>,
}

#[derive(Debug, Serialize)]
struct ListedExercise<'a> {
    name: &'a str,
    title: &'a str,
    level: &'static str,
    minutes: u32,
    points: u32,
    file: String,
    cases: Vec<ListedCase<'a>>,
}

#[derive(Debug, Serialize)]
struct ListedCase<'a> {
    name: &'a str,
    points: u32,
    shows: &'a str,
}

pub(super) fn run(course: &Course, format: ListFormat, screen: &Screen) -> Result<Exit, Failure> {
    let text = match format {
        ListFormat::Terminal => table(course, screen.stdout),
        ListFormat::Json => json(course)
            .map_err(|error| Failure::infrastructure(error).while_it("write the list as JSON"))?,
    };
    screen.print(&text)?;
    Ok(Exit::Success)
}

fn level(exercise: &Exercise) -> &'static str {
    match exercise.level {
        Level::Core => "core",
        Level::Extra => "extra",
    }
}

fn json(course: &Course) -> Result<String, serde_json::Error> {
    let list = List {
        schema: LIST_SCHEMA,
        labs: course.labs.iter().map(listed_lab).collect(),
    };
    let mut text = serde_json::to_string_pretty(&list)?;
    text.push('\n');
    Ok(text)
}

fn listed_lab(lab: &Lab) -> ListedLab<'_> {
    ListedLab {
        folder: &lab.folder,
        package: &lab.package,
        title: &lab.description.title,
        exercises: lab.exercises().map(listed_exercise).collect(),
    }
}

fn listed_exercise(it: ExerciseRef<'_>) -> ListedExercise<'_> {
    let cases = it.exercise.cases.iter();
    ListedExercise {
        name: it.exercise.name.as_ref(),
        title: &it.exercise.title,
        level: level(it.exercise),
        minutes: it.exercise.minutes,
        points: it.exercise.max_points(),
        file: it.relative_path().display().to_string(),
        cases: cases
            .map(|case| ListedCase {
                name: case.name.as_ref(),
                points: case.points,
                shows: &case.shows,
            })
            .collect(),
    }
}

fn table(course: &Course, style: Style) -> String {
    let names = course
        .exercises()
        .map(|it| layout::width(it.exercise.name.as_ref()));
    let names = names.max().unwrap_or(0);
    let mut parts = Vec::new();
    for lab in &course.labs {
        let title = visible::own(&lab.description.title, style);
        let heading = style.paint(Role::Strong, &format!("{}  {title}", lab.folder));
        let summary = visible::own(&lab.description.summary, style);
        let mut lines = vec![
            heading,
            layout::paragraph(&summary, style.columns(), 0, LongWords::Keep),
        ];
        lines.extend(lab.exercises().map(|it| row(it, names, style)));
        parts.push(lines.join("\n"));
    }
    parts.join("\n\n") + "\n"
}

fn row(it: ExerciseRef<'_>, names: usize, style: Style) -> String {
    let exercise = it.exercise;
    let role = match exercise.level {
        Level::Core => Role::Good,
        Level::Extra => Role::Faint,
    };
    let numbers = format!(
        "  {}  {}  {:>3} min  {:>3} pt",
        layout::pad(exercise.name.as_ref(), names),
        layout::pad(&style.paint(role, level(exercise)), 5),
        exercise.minutes,
        exercise.max_points(),
    );
    let title = visible::own(&exercise.title, style);
    let after: Vec<&str> = exercise
        .after
        .iter()
        .map(|name| name.as_ref().as_str())
        .collect();
    let title = if after.is_empty() {
        title
    } else {
        let after = format!("(after {})", after.join(", "));
        format!("{title} {}", style.paint(Role::Faint, &after))
    };
    let column = 2 + names + NUMBERS + 2;
    if column + NARROWEST_TITLE <= style.columns() {
        let margin = " ".repeat(column);
        let first = format!("{numbers}  ");
        layout::hanging(&title, style.columns(), &first, &margin, LongWords::Keep)
    } else {
        let title = layout::paragraph(&title, style.columns(), 6, LongWords::Keep);
        format!("{numbers}\n{title}")
    }
}
