//! Feedback for one student: what was found, and what to do next. Hidden cases stay hidden.

use std::fmt::Write as _;

use grader::cli::texts::texts;
use grader::course::Course;
use grader::report::concealed::concealed;
use grader::report::feedback;
use grader::report::style::Style;
use grader::report::terminal::{Page, Subject};
use grader::report::visible;
use grader::verdict::{Report, Status};

use super::tables::late_words;
use crate::class::{Class, called};
use crate::store::{Outcome, State};

/// The feedback as Markdown, ending with a newline.
pub(crate) fn markdown(class: &Class, outcome: &Outcome, course: &Course) -> String {
    let who = escaped(&called(&outcome.student));
    let said = match &outcome.state {
        State::Graded => None,
        State::Missing => Some("Nothing was handed in.".to_owned()),
        State::Refused { reason } => Some(format!(
            "The submission could not be taken, so it has no points.\n\n{}",
            quoted(reason)
        )),
        State::NotGraded { .. } => Some(
            "Grading did not come to an end, for no fault of yours. There are no points yet, and no zero."
                .to_owned(),
        ),
    };
    if let Some(said) = said {
        return format!("# {who}\n\n{said}\n{}", accounted(class, outcome));
    }
    let report = concealed(&class.report(outcome), course);
    let texts = texts(course, &report);
    let page = Page {
        course,
        texts: &texts,
        subject: &Subject::Checkout,
        style: Style::plain(),
    };
    let mut text = format!("# {who}\n\n");
    if let Some(commit) = &outcome.commit {
        let _ = write!(text, "Commit `{}`.\n\n", escaped(&commit.id));
    }
    // The report's own title becomes a section of this page.
    text.push('#');
    text.push_str(&feedback::render(&report, page));
    text.push_str(&accounted(class, outcome));
    text.push_str(&next(&report));
    text
}

/// What lateness and changed marks make of the points.
fn accounted(class: &Class, outcome: &Outcome) -> String {
    let mut text = String::new();
    for mark in class.lab_marks(outcome) {
        let late = late_words(mark.lateness);
        let points = mark.points.unwrap_or(0);
        if !matches!(late.as_str(), "" | "0") {
            let _ = writeln!(
                text,
                "- {}: days late: {late}; {points} of {} points are left.",
                mark.lab, mark.max_points
            );
        }
    }
    for (name, change) in class.changes(outcome) {
        let reason = escaped(&change.reason);
        let _ = writeln!(
            text,
            "- {name}: the mark was changed to {}: {reason}",
            change.points
        );
    }
    if text.is_empty() {
        text
    } else {
        format!("\n## Lateness and changed marks\n\n{text}")
    }
}

/// The exercise to turn to, and how.
fn next(report: &Report) -> String {
    let is_open = |status| !matches!(status, Status::Passed | Status::NotObserved);
    let failed = report
        .exercises
        .iter()
        .find(|it| is_open(it.status) && it.status != Status::NotAttempted);
    let begun = report.exercises.iter().find(|it| is_open(it.status));
    let Some(verdict) = failed.or(begun) else {
        return "\n## Next\n\nNothing is left to do here.\n".to_owned();
    };
    let name = &verdict.exercise;
    let mut text = format!(
        "\n## Next\n\nTurn to `{name}`:\n\n- `cargo grade {name}` shows this verdict on your machine.\n"
    );
    if let Some(first) = verdict.findings.first() {
        let _ = writeln!(
            text,
            "- `cargo grade explain {} {name}` explains the first finding.",
            first.diagnosis
        );
        let _ = writeln!(
            text,
            "- `cargo grade timeline {name}` draws what your processes did."
        );
    }
    let _ = writeln!(
        text,
        "- `cargo grade hint {name}` gives the first of three hints."
    );
    text
}

/// Foreign words inside of a line of Markdown.
fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for letter in visible::line(text, Style::plain()).chars() {
        if "\\`*_[]<>#|~&!".contains(letter) {
            shown.push('\\');
        }
        shown.push(letter);
    }
    shown
}

/// Foreign words as a quotation.
fn quoted(text: &str) -> String {
    let lines = text.lines().map(|line| format!("> {}", escaped(line)));
    lines.collect::<Vec<_>>().join("\n")
}
