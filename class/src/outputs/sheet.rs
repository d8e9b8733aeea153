//! Feedback for one student as a page: the same as the Markdown file, with links to the timelines of what failed.

use std::fmt::Write as _;

use grader::cli::texts::texts;
use grader::course::Course;
use grader::report::concealed::concealed;
use grader::report::difference;
use grader::report::style::{Style, status_words};

use super::html::{escaped, head};
use super::tables::late_words;
use crate::class::{Class, called, state_words};
use crate::store::{Outcome, State, file_name};

/// The page; `pictures` are the exercises that have a timeline.
pub(super) fn render(
    class: &Class,
    outcome: &Outcome,
    course: &Course,
    pictures: &[String],
) -> String {
    let who = called(&outcome.student);
    let mut text = head(&who);
    let _ = writeln!(text, "<h1>{}</h1>", escaped(&who));
    match &outcome.state {
        State::Graded => {}
        State::Refused { reason } => {
            let _ = writeln!(
                text,
                "<p>The submission could not be taken, so it has no points.</p>\n<pre>{}</pre>",
                escaped(reason)
            );
        }
        state => {
            let _ = writeln!(text, "<p>State: {}.</p>", state_words(state));
        }
    }
    if let Some(total) = class.total(outcome) {
        let max: u32 = class
            .lab_marks(outcome)
            .iter()
            .map(|it| it.max_points)
            .sum();
        let _ = writeln!(text, "<p><strong>{total} of {max} points</strong></p>");
    }
    for mark in class.lab_marks(outcome) {
        let late = late_words(mark.lateness);
        if !matches!(late.as_str(), "" | "0") {
            let _ = writeln!(text, "<p>{}: days late: {late}.</p>", escaped(mark.lab));
        }
    }
    for (name, change) in class.changes(outcome) {
        let _ = writeln!(
            text,
            "<p>{}: the mark was changed to {}: {}</p>",
            escaped(name),
            change.points,
            escaped(&change.reason)
        );
    }
    if outcome.state == State::Graded {
        text.push_str(&exercises(class, outcome, course, pictures));
    }
    text.push_str("</main></body></html>\n");
    text
}

fn exercises(class: &Class, outcome: &Outcome, course: &Course, pictures: &[String]) -> String {
    let report = concealed(&class.report(outcome), course);
    let texts = texts(course, &report);
    let mut text = String::new();
    for verdict in &report.exercises {
        let _ = writeln!(
            text,
            "<section><h2>{}</h2>\n<p>{}: {} of {} points</p>",
            escaped(&verdict.exercise),
            status_words(verdict.status),
            verdict.points,
            verdict.max_points
        );
        for (at, finding) in verdict.findings.iter().enumerate() {
            let known = texts.get(&verdict.lab, &finding.diagnosis);
            let title = known.map_or(finding.diagnosis.as_str(), |it| it.title.as_str());
            let _ = writeln!(
                text,
                "<h3>{} <code>{}</code></h3>\n<p>{} (costs {})</p>",
                escaped(title),
                escaped(&finding.diagnosis),
                escaped(&finding.case),
                finding.points_lost
            );
            let _ = writeln!(text, "<pre>{}</pre>", escaped(&finding.message));
            if let Some(texts) = &finding.difference {
                let shown = difference::render(texts, Style::plain(), 0);
                let _ = writeln!(text, "<pre>{}</pre>", escaped(&shown));
            }
            if let (0, Some(known)) = (at, known) {
                let _ = writeln!(
                    text,
                    "<p><strong>What to do.</strong> {}</p>",
                    escaped(known.cure.trim())
                );
            }
        }
        if let Some(said) = &verdict.compiler {
            let _ = writeln!(text, "<pre>{}</pre>", escaped(said));
        }
        if pictures.contains(&verdict.exercise) {
            let folder = file_name(&outcome.student.id).replace('%', "%25");
            let _ = writeln!(
                text,
                "<p><a href=\"../timelines/{}/{}.html\">Timeline of the run: what the processes did, and where they waited</a></p>",
                escaped(&folder),
                escaped(&verdict.exercise)
            );
        }
        text.push_str("</section>\n");
    }
    text
}
