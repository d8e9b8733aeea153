//! The gradebook, and the tables that platforms import.
//!
//! A mark that is not known is an empty cell, never a zero. A cell that a spreadsheet would take for a formula is defused.

use grader::report::occasion::Occasion;

use crate::class::{Class, state_words};
use crate::policy::Lateness;
use crate::roster::Field;
use crate::store::Outcome;

/// The gradebook: a line for each student, a column for each exercise.
///
/// # Errors
/// When the table cannot be written.
pub(crate) fn gradebook(class: &Class) -> anyhow::Result<Vec<u8>> {
    let mut table = Table::new();
    let mut head: Vec<String> = ["id", "name", "section", "status", "points", "max_points"]
        .map(str::to_owned)
        .to_vec();
    let exercises = class.manifest.exercises.iter();
    head.extend(exercises.map(|it| format!("{}/{}", it.lab, it.exercise)));
    let has_deadlines = class.policy.deadlines.is_some();
    let has_changes = class.policy.changed_students().next().is_some();
    if has_deadlines {
        for lab in class.labs() {
            head.extend(["late", "points"].map(|it| format!("{lab}/{it}")));
        }
    }
    if has_changes {
        head.push("changed".to_owned());
    }
    table.line(&head)?;
    for outcome in &class.outcomes {
        let student = &outcome.student;
        let marks = class.marks(outcome);
        let max: u32 = marks.iter().map(|mark| mark.max_points).sum();
        let mut line = vec![
            student.id.clone(),
            student.get(Field::Name).to_owned(),
            student.get(Field::Section).to_owned(),
            state_words(&outcome.state).to_owned(),
            cell(class.total(outcome)),
            max.to_string(),
        ];
        line.extend(marks.iter().map(|mark| cell(mark.points)));
        if has_deadlines {
            for mark in class.lab_marks(outcome) {
                line.extend([late_words(mark.lateness), cell(mark.points)]);
            }
        }
        if has_changes {
            let changes = class.changes(outcome).into_iter();
            let changes = changes.map(|(name, it)| format!("{name}: {}", it.reason));
            line.push(changes.collect::<Vec<_>>().join("; "));
        }
        table.line(&line)?;
    }
    table.end()
}

/// Canvas' import: its own columns, then one for each lab. A lab whose column is in the roster (`02-pipes (77)`) keeps that name.
///
/// # Errors
/// When the table cannot be written.
pub(crate) fn canvas(class: &Class) -> anyhow::Result<Vec<u8>> {
    let mut table = Table::new();
    let labs = class.labs();
    let mut head: Vec<String> = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
        .map(str::to_owned)
        .to_vec();
    let mut possible = vec!["    Points Possible".to_owned()];
    possible.resize(head.len(), String::new());
    for lab in &labs {
        let columns = class.manifest.columns.iter();
        let mut own = columns.filter(|it| it.split(" (").next() == Some(lab));
        head.push(own.next().map_or_else(|| (*lab).to_owned(), String::clone));
        let exercises = class.manifest.exercises.iter();
        let points: u32 = exercises
            .filter(|it| it.lab == *lab)
            .map(|it| it.points)
            .sum();
        possible.push(points.to_string());
    }
    table.line(&head)?;
    table.line(&possible)?;
    for outcome in enrolled(class) {
        let student = &outcome.student;
        let mut line = vec![
            student.name().to_owned(),
            student.get(Field::CanvasId).to_owned(),
            student.get(Field::SisUserId).to_owned(),
            student.get(Field::Login).to_owned(),
            student.get(Field::Section).to_owned(),
        ];
        line.extend(lab_cells(class, outcome));
        table.line(&line)?;
    }
    table.end()
}

/// Moodle's import: of one lab as the worksheet of an assignment, of several as a table for the gradebook.
///
/// # Errors
/// When the table cannot be written.
pub(crate) fn moodle(class: &Class) -> anyhow::Result<Vec<u8>> {
    let mut table = Table::new();
    let labs = class.labs();
    let mut head: Vec<String> = ["Identifier", "Full name", "ID number", "Email address"]
        .map(str::to_owned)
        .to_vec();
    let is_worksheet = labs.len() == 1;
    if is_worksheet {
        head.extend(["Grade", "Maximum grade"].map(str::to_owned));
    } else {
        head.extend(labs.iter().map(|lab| (*lab).to_owned()));
    }
    table.line(&head)?;
    for outcome in enrolled(class) {
        let student = &outcome.student;
        let mut line = vec![
            student.get(Field::Identifier).to_owned(),
            student.get(Field::Name).to_owned(),
            student.get(Field::Id).to_owned(),
            student.get(Field::Email).to_owned(),
        ];
        line.extend(lab_cells(class, outcome));
        if is_worksheet {
            let max: u32 = class.manifest.exercises.iter().map(|it| it.points).sum();
            line.push(max.to_string());
        }
        table.line(&line)?;
    }
    table.end()
}

/// The table that GitHub Classroom exported, which import scripts still read: a line for each student and lab.
///
/// # Errors
/// When the table cannot be written.
pub(crate) fn classroom(class: &Class) -> anyhow::Result<Vec<u8>> {
    let mut table = Table::new();
    table.line(
        &[
            "assignment_name",
            "assignment_url",
            "starter_code_url",
            "github_username",
            "roster_identifier",
            "student_repository_name",
            "student_repository_url",
            "submission_timestamp",
            "points_awarded",
            "points_available",
        ]
        .map(str::to_owned),
    )?;
    for lab in class.labs() {
        for outcome in &class.outcomes {
            let student = &outcome.student;
            let identifier = match student.get(Field::Identifier) {
                "" => &student.id,
                identifier => identifier,
            };
            let time = outcome.commit.as_ref().map(|commit| {
                let occasion = Occasion {
                    committed: Some(commit.time),
                    ..Occasion::default()
                };
                occasion.submitted_at()
            });
            let marks = class.lab_marks(outcome);
            let mark = marks.iter().find(|it| it.lab == lab);
            let points = mark.and_then(|it| it.points);
            let max = mark.map_or(0, |it| it.max_points);
            table.line(&[
                lab.to_owned(),
                String::new(),
                String::new(),
                student.get(Field::Github).to_owned(),
                identifier.to_owned(),
                outcome.entries.join(" "),
                String::new(),
                time.unwrap_or_default(),
                cell(points),
                max.to_string(),
            ])?;
        }
    }
    table.end()
}

/// Platforms know their own students only.
fn enrolled(class: &Class) -> impl Iterator<Item = &Outcome> {
    class.outcomes.iter().filter(|it| it.is_enrolled)
}

fn lab_cells(class: &Class, outcome: &Outcome) -> Vec<String> {
    let marks = class.lab_marks(outcome).into_iter();
    marks.map(|mark| cell(mark.points)).collect()
}

/// How late, in a cell: days, and how many of them are free.
pub(crate) fn late_words(lateness: Lateness) -> String {
    match lateness {
        Lateness::NotDue => String::new(),
        Lateness::Unknown => "time unknown".to_owned(),
        Lateness::Days { days: 0, .. } => "0".to_owned(),
        Lateness::Days { days, free: 0 } => days.to_string(),
        Lateness::Days { days, free } => format!("{days} ({free} free)"),
        Lateness::TooLate { days } => format!("{days} (too late)"),
    }
}

fn cell(points: Option<u32>) -> String {
    points.map_or_else(String::new, |points| points.to_string())
}

/// A table under way.
struct Table(csv::Writer<Vec<u8>>);

impl Table {
    fn new() -> Self {
        Self(csv::Writer::from_writer(Vec::new()))
    }

    fn line(&mut self, cells: &[String]) -> anyhow::Result<()> {
        Ok(self.0.write_record(cells.iter().map(|it| defused(it)))?)
    }

    fn end(self) -> anyhow::Result<Vec<u8>> {
        Ok(self.0.into_inner()?)
    }
}

/// Text that no spreadsheet takes for a formula. Names of entries are a student's to choose.
fn defused(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula && text.parse::<i64>().is_err() {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests;
