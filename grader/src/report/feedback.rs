//! Feedback in Markdown: a comment on a submission, a step's summary, one exercise on a platform's page.
//!
//! What a student's program can have written stands in code: inside of it Markdown has no meaning, and a fence is always longer than any
//! run of backticks in it.

use std::fmt::Write as _;

use super::style::{Style, points, status_words};
use super::terminal::Page;
use super::visible;
use crate::verdict::{Finding, Report, Status, Verdict};

/// Findings beside the first one that are listed.
const OTHERS: usize = 8;

/// Lines of a foreign text that are shown.
const LINES: usize = 60;

/// The whole report, ending with a newline.
#[must_use]
pub fn render(report: &Report, page: Page<'_>) -> String {
    let mut text = format!("# {}\n\n", summary(report));
    text.push_str("| exercise | | points |\n| --- | --- | --- |\n");
    for verdict in &report.exercises {
        let _ = writeln!(
            text,
            "| {} / **{}** | {} | {} / {} |",
            verdict.lab,
            verdict.exercise,
            status_words(verdict.status),
            verdict.points,
            verdict.max_points
        );
    }
    for note in &report.notes {
        let _ = write!(text, "\n{}\n", code(note));
    }
    let missing = |it: &&Verdict| {
        let attempted = it.status != Status::NotAttempted;
        attempted && (it.points < it.max_points || it.status == Status::NotObserved)
    };
    for verdict in report.exercises.iter().filter(missing) {
        let _ = write!(
            text,
            "\n## {}\n\n{}",
            verdict.exercise,
            exercise(verdict, page)
        );
    }
    text
}

/// The sums in a line.
#[must_use]
pub fn summary(report: &Report) -> String {
    let passed = report.exercises.iter();
    let passed = passed.filter(|it| it.status == Status::Passed).count();
    format!(
        "{} of {}, {passed} of {} exercises passed",
        report.points,
        points(report.max_points),
        report.exercises.len()
    )
}

/// One exercise: what to act on first, what to do, what else was found. Ends with a newline.
#[must_use]
pub fn exercise(verdict: &Verdict, page: Page<'_>) -> String {
    let mut text = match verdict.findings.split_first() {
        None => format!("{}.\n", sentence(status_words(verdict.status))),
        Some((first, others)) => {
            let mut text = told(verdict, first, page);
            let listed = others.iter().take(OTHERS);
            let listed: Vec<String> = listed.map(listed_finding).collect();
            if !listed.is_empty() {
                let _ = write!(text, "\nAlso found:\n\n{}\n", listed.join("\n"));
            }
            if others.len() > OTHERS {
                let _ = write!(text, "\nAnd {} more.\n", others.len() - OTHERS);
            }
            text
        }
    };
    if let Some(said) = &verdict.compiler {
        let _ = write!(text, "\n{}", fenced("text", said));
    }
    if verdict.points_elsewhere > 0 {
        let _ = write!(
            text,
            "\n{} more are decided where the reference answers are.\n",
            points(verdict.points_elsewhere)
        );
    }
    text
}

/// The first finding in full.
fn told(verdict: &Verdict, finding: &Finding, page: Page<'_>) -> String {
    let diagnosis = page.texts.get(&verdict.lab, &finding.diagnosis);
    let title = diagnosis.map_or("", |it| it.title.as_str());
    let lost = match finding.points_lost {
        0 => String::new(),
        lost => format!(", costs {}", points(lost)),
    };
    let mut text = format!("**{title}** (`{}`{lost})\n", finding.diagnosis);
    if title.is_empty() {
        text = format!("**{}**{lost}\n", finding.diagnosis);
    }
    if !finding.case.is_empty() {
        let _ = write!(
            text,
            "\nCase {}:\n\n{}",
            code(&finding.case),
            fenced("text", &finding.message)
        );
    } else {
        let _ = write!(text, "\n{}", fenced("text", &finding.message));
    }
    if !finding.place.is_empty() {
        let _ = write!(text, "\n{}\n", code(&finding.place));
    }
    if let Some(difference) = &finding.difference {
        let difference = super::difference::render(difference, Style::plain(), 0);
        let _ = write!(
            text,
            "\nExpected (-) and seen (+):\n\n{}",
            fenced("diff", &difference)
        );
    }
    if let Some(diagnosis) = diagnosis {
        let _ = write!(text, "\n{}\n", diagnosis.cure.trim());
    }
    text
}

fn listed_finding(finding: &Finding) -> String {
    match finding.case.as_str() {
        "" => format!("- `{}`", finding.diagnosis),
        case => format!("- {}: `{}`", code(case), finding.diagnosis),
    }
}

/// Foreign text as inline code.
fn code(text: &str) -> String {
    let text = visible::line(text.trim(), Style::plain());
    let ticks = "`".repeat(longest_run(&text) + 1);
    let space = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{ticks}{space}{text}{space}{ticks}")
}

/// Foreign text as a block of code, ending with a newline.
fn fenced(language: &str, text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut shown = visible::lines(&lines[..lines.len().min(LINES)].join("\n"), Style::plain());
    if lines.len() > LINES {
        let _ = write!(shown, "\n… and {} more lines", lines.len() - LINES);
    }
    let ticks = "`".repeat(longest_run(&shown).max(2) + 1);
    format!("{ticks}{language}\n{shown}\n{ticks}\n")
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|letter| letter != '`').map(str::len);
    runs.max().unwrap_or(0)
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
