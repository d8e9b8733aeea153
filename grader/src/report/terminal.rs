//! The report for people: a table of exercises and points, then the one thing to act on next.
//!
//! The end of the report is what a terminal shows last, so the advice stands there. Everything that
//! came from a student's program passes through [`super::visible`] first.

use std::path::PathBuf;

use super::Texts;
use super::layout::{self, LongWords};
use super::style::{Role, Style, points};
use super::visible;
use crate::course::{Course, ExerciseRef, Level};
use crate::verdict::{Mode, Report, Status, Verdict};

mod advice;
mod detail;
mod table;
mod welcome;

/// Notes that are shown.
const NOTES: usize = 10;

/// What a report is rendered with.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Titles, levels and files of the exercises.
    pub course: &'a Course,
    /// The texts of the diagnoses that the report speaks of.
    pub texts: &'a Texts,
    /// What was graded.
    pub subject: &'a Subject,
    /// What the reader's terminal can show.
    pub style: Style,
}

/// What was graded. It decides which commands the report proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The answers in the checkout: the reader is the one who writes them.
    Checkout,
    /// The reference answers.
    Solutions,
    /// One file.
    Answer {
        /// The file.
        file: PathBuf,
    },
    /// A folder of answers: the reader is not the one who wrote them.
    Submission {
        /// The folder.
        folder: PathBuf,
    },
}

/// What the reader should turn to after the table.
#[derive(Debug, Clone, Copy)]
enum Focus<'a> {
    /// Points are missing in an exercise that was attempted.
    Repair(&'a Verdict),
    /// Everything attempted has its points: this one is next.
    Begin(&'a Verdict),
    /// Nothing is left to do.
    Nothing,
}

/// The report as text that ends with a newline.
#[must_use]
pub fn render(report: &Report, page: Page<'_>) -> String {
    let untouched = report
        .exercises
        .iter()
        .all(|it| it.status == Status::NotAttempted);
    let whole = report.exercises.len() == page.course.exercises().count();
    if untouched && whole && *page.subject == Subject::Checkout {
        return welcome::render(report, page);
    }
    let mut parts = vec![table::render(report, page), totals(report, page)];
    match focus(report, page) {
        Focus::Repair(verdict) => {
            parts.push(detail::render(verdict, page));
            parts.push(advice::repair(verdict, page));
        }
        Focus::Begin(verdict) => parts.push(advice::begin(verdict, page)),
        Focus::Nothing => parts.push(advice::rest(report, page)),
    }
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n") + "\n"
}

/// One exercise in full: its first finding, and the others as one line each. Without a newline at the end.
#[must_use]
pub fn exercise(verdict: &Verdict, page: Page<'_>) -> String {
    detail::render(verdict, page)
}

/// What can be repaired goes before what can be begun, what every course needs before what is extra, and all
/// of it before what this host could not see.
fn focus<'a>(report: &'a Report, page: Page<'_>) -> Focus<'a> {
    let find = |wanted: &dyn Fn(&Verdict) -> bool| report.exercises.iter().find(|it| wanted(it));
    let untouched = |it: &Verdict| it.status == Status::NotAttempted;
    find(&|it| matches!(it.status, Status::Failed | Status::DoesNotCompile))
        .map(Focus::Repair)
        .or_else(|| find(&|it| untouched(it) && !page.is_extra(it)).map(Focus::Begin))
        .or_else(|| find(&untouched).map(Focus::Begin))
        .or_else(|| find(&|it| it.status == Status::NotObserved).map(Focus::Repair))
        .unwrap_or(Focus::Nothing)
}

impl<'a> Page<'a> {
    /// The exercise that a verdict is about, where this copy of the course has it.
    fn exercise(self, verdict: &Verdict) -> Option<ExerciseRef<'a>> {
        self.course
            .exercises()
            .find(|it| it.lab.folder == verdict.lab && it.name() == verdict.exercise)
    }

    fn is_extra(self, verdict: &Verdict) -> bool {
        self.exercise(verdict)
            .is_some_and(|it| it.exercise.level == Level::Extra)
    }

    /// Prose of ours in the page's width.
    fn prose(self, text: &str, indent: usize) -> String {
        layout::paragraph(text, self.style.columns(), indent, LongWords::Keep)
    }
}

/// The sums, and what is to be known about how they came about.
fn totals(report: &Report, page: Page<'_>) -> String {
    let style = page.style;
    let sum = format!("{} of {}", report.points, points(report.max_points));
    let role = if report.points == report.max_points {
        Role::Good
    } else {
        Role::Strong
    };
    let statuses = [
        (Status::Passed, "passed"),
        (Status::Failed, "failed"),
        (Status::DoesNotCompile, "did not compile"),
        (Status::NotObserved, "not observed"),
        (Status::NotAttempted, "not attempted"),
    ];
    let counts: Vec<String> = statuses
        .iter()
        .map(|(status, words)| {
            let number = report.exercises.iter().filter(|it| it.status == *status);
            (number.count(), words)
        })
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| format!("{number} {words}"))
        .collect();
    let counts = if counts.is_empty() {
        "nothing was graded".to_owned()
    } else {
        counts.join(", ")
    };
    let sum = format!("{}: {counts}", style.paint(role, &sum));
    let mut lines = vec![page.prose(&sum, 0)];
    let elsewhere: u32 = report.exercises.iter().map(|it| it.points_elsewhere).sum();
    if elsewhere > 0 {
        let verb = if elsewhere == 1 { "is" } else { "are" };
        let more = if elsewhere == 1 { "point" } else { "points" };
        lines.push(page.prose(
            &format!(
                "{elsewhere} more {more} {verb} decided by cases that need the reference answers, \
                 which this copy of the course does not have."
            ),
            0,
        ));
    }
    if report
        .exercises
        .iter()
        .any(|it| it.status == Status::NotObserved)
    {
        lines.push(page.prose(
            "\"Not observed\" means: this machine could not collect the evidence that decides the points.",
            0,
        ));
    }
    lines.extend(missing_layers(report, page));
    lines.extend(notes(report, page));
    lines.join("\n")
}

fn notes(report: &Report, page: Page<'_>) -> Vec<String> {
    let columns = page.style.columns();
    let note = |text: &str| layout::hanging(text, columns, "note: ", "      ", LongWords::Cut);
    let shown = report.notes.iter().take(NOTES);
    let mut lines: Vec<String> = shown
        .map(|text| note(&visible::line(text, page.style)))
        .collect();
    if report.notes.len() > NOTES {
        lines.push(note(&format!("{} more notes", report.notes.len() - NOTES)));
    }
    lines
}

/// One line where runs were less protected than they could be.
fn missing_layers(report: &Report, page: Page<'_>) -> Option<String> {
    let text = match Mode::of(&report.layers) {
        // Where nothing has run, nothing had to be protected from it.
        _ if !report.exercises.iter().any(has_run) => return None,
        _ if report.layers.is_empty() => return None,
        Mode::Full => return None,
        Mode::Reduced => "sandbox: reduced on this machine; `cargo grade doctor` says why",
        Mode::None => "sandbox: none on this machine; `cargo grade doctor` says why",
    };
    Some(page.prose(&page.style.paint(Role::Faint, text), 0))
}

fn has_run(verdict: &Verdict) -> bool {
    !matches!(
        verdict.status,
        Status::NotAttempted | Status::DoesNotCompile
    )
}

#[cfg(test)]
mod tests;
