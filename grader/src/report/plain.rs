//! A verdict in a few plain lines, for the formats that have one field for it.

use super::style::{Style, points, status_words};
use super::visible;
use crate::verdict::{Finding, Verdict};

/// Findings that are told.
const FINDINGS: usize = 8;

/// Letters of what one line says.
const LETTERS: usize = 600;

/// Lines of the compiler's message.
const COMPILER_LINES: usize = 60;

/// One line: the first thing to act on, or the state where nothing was found.
#[must_use]
pub fn headline(verdict: &Verdict) -> String {
    match verdict.findings.first() {
        Some(first) => finding(first),
        None => status_words(verdict.status).to_owned(),
    }
}

/// All of it: points, findings, what the compiler said. Everything that a program can have written is made visible.
#[must_use]
pub fn explain(verdict: &Verdict) -> String {
    let sum = format!(
        "{} of {}: {}",
        verdict.points,
        points(verdict.max_points),
        status_words(verdict.status)
    );
    let mut lines = vec![sum];
    for it in verdict.findings.iter().take(FINDINGS) {
        lines.push(finding(it));
        if !it.place.is_empty() {
            lines.push(format!("  {}", foreign(&it.place)));
        }
    }
    if verdict.findings.len() > FINDINGS {
        lines.push(format!("and {} more", verdict.findings.len() - FINDINGS));
    }
    if let Some(said) = &verdict.compiler {
        let said = said.lines().take(COMPILER_LINES);
        lines.extend(said.map(|line| visible::line(line, Style::plain())));
    }
    if verdict.points_elsewhere > 0 {
        lines.push(format!(
            "{} more are decided where the reference answers are",
            points(verdict.points_elsewhere)
        ));
    }
    lines.join("\n")
}

fn finding(finding: &Finding) -> String {
    let case = match finding.case.as_str() {
        "" => String::new(),
        case => format!("case {}: ", foreign(case)),
    };
    let lost = match finding.points_lost {
        0 => String::new(),
        lost => format!(" (costs {})", points(lost)),
    };
    let message = foreign(&finding.message);
    format!("{case}{}{lost}: {message}", finding.diagnosis)
}

/// One line of text that may come from a program, visible and not without end.
fn foreign(text: &str) -> String {
    let text = visible::line(text.trim_end(), Style::plain());
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
