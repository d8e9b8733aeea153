//! What the program printed: single lines, orders between processes, the whole.

use super::{Expected, Rank, Ranked, named};
use crate::normalise::{normalise, readable, without_pids};
use crate::record::Record;
use crate::verdict::Difference;

/// The diagnoses of wrong output where `lab.toml` names no other: it differs, lines are missing, lines are repeated.
pub(super) const OWN_DIAGNOSES: [&str; 3] = ["output-differs", "output-missing", "output-repeated"];

/// Lines that must or must not be there, and their order.
pub(super) fn check_lines(expected: &Expected<'_>, record: &Record) -> Vec<Ranked> {
    let output = &expected.case.output;
    let text = readable(&record.stdout);
    let mut found = Vec::new();
    for line in expected.exercise.absent.iter().chain(&output.absent) {
        if let Some(seen) = text.lines().find(|seen| seen.contains(&line.text)) {
            let message = format!(
                "the program printed a line that tells of a mistake: `{}`",
                without_pids(seen)
            );
            found.push(expected.finding(Rank::Absent, line.diagnosis.as_ref(), message));
        }
    }
    for line in &output.present {
        if !text.contains(&line.text) {
            let message = format!("expected a line with `{}`, and there is none", line.text);
            found.push(expected.finding(Rank::Present, line.diagnosis.as_ref(), message));
        }
    }
    for order in &output.order {
        let first_later = text.lines().position(|line| line.contains(&order.before));
        let last_earlier = text
            .lines()
            .enumerate()
            .filter(|(_, line)| line.contains(&order.every))
            .last();
        if let (Some(later), Some((earlier, line))) = (first_later, last_earlier)
            && earlier > later
        {
            let message = format!(
                "expected every line with `{}` before any with `{}`; `{}` came later",
                order.every,
                order.before,
                without_pids(line)
            );
            found.push(expected.finding(Rank::Order, order.diagnosis.as_ref(), message));
        }
    }
    found
}

/// How seen lines differ from the expected ones, process ids aside.
enum Differs {
    Missing,
    Repeated,
    Otherwise,
}

/// The whole output, normalised.
pub(super) fn check_snapshot(expected: &Expected<'_>, record: &Record) -> Vec<Ranked> {
    let Some(wanted) = expected.output else {
        return Vec::new();
    };
    let seen = normalise(&record.stdout);
    if seen.trim_end_matches('\n') == wanted.trim_end_matches('\n') {
        return Vec::new();
    }
    let output = &expected.case.output;
    let [different, missing, repeated] = OWN_DIAGNOSES;
    let (diagnosis, message) = match differs(wanted, &seen) {
        Differs::Missing => (
            named(output.missing.as_ref(), missing),
            "expected lines are missing from the output, and no other line is there",
        ),
        Differs::Repeated => (
            named(output.repeated.as_ref(), repeated),
            "every expected line is there, and some are printed too often",
        ),
        Differs::Otherwise => (
            named(output.differs.as_ref(), different),
            "the output is not the expected one",
        ),
    };
    let texts = Difference {
        expected: wanted.to_owned(),
        seen,
    };
    vec![expected.difference(Rank::Output, diagnosis, message.to_owned(), texts)]
}

fn differs(wanted: &str, seen: &str) -> Differs {
    let lines = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(without_pids).collect();
        lines.sort();
        lines
    };
    let (wanted, seen) = (lines(wanted), lines(seen));
    // Neither is empty: an equal collection of lines in another order differs otherwise.
    if contains(&wanted, &seen) && wanted.len() > seen.len() {
        Differs::Missing
    } else if contains(&seen, &wanted)
        && seen.len() > wanted.len()
        && seen.iter().all(|line| wanted.binary_search(line).is_ok())
    {
        Differs::Repeated
    } else {
        Differs::Otherwise
    }
}

/// Whether every line of `part` is in `whole`, each as often. Both are sorted.
fn contains(whole: &[String], part: &[String]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|line| rest.any(|other| other == line))
}
