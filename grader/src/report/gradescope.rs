//! Gradescope: `/autograder/results/results.json`, as its autograder specification has it.

use serde_json::{Value, json};

use super::feedback;
use super::terminal::Page;
use crate::verdict::{Report, Verdict};

/// The results as JSON, with a newline at the end.
///
/// # Errors
/// When a value cannot be written as JSON; none is of such a type.
pub fn render(report: &Report, page: Page<'_>) -> Result<String, serde_json::Error> {
    let mut tests = Vec::new();
    let (mut lab, mut labs, mut number) = ("", 0, 0);
    for verdict in &report.exercises {
        if verdict.lab != lab {
            (lab, labs, number) = (&verdict.lab, labs + 1, 0);
        }
        number += 1;
        tests.push(test(verdict, &format!("{labs}.{number}"), page));
    }
    let results = json!({
        "score": report.points,
        "output": feedback::summary(report),
        "output_format": "md",
        "stdout_visibility": "hidden",
        "visibility": "visible",
        "tests": tests,
    });
    Ok(serde_json::to_string_pretty(&results)? + "\n")
}

fn test(verdict: &Verdict, number: &str, page: Page<'_>) -> Value {
    let passes = verdict.points == verdict.max_points;
    json!({
        "name": verdict.exercise,
        "number": number,
        "score": verdict.points,
        "max_score": verdict.max_points,
        "status": if passes { "passed" } else { "failed" },
        "output": feedback::exercise(verdict, page),
        "output_format": "md",
        "visibility": "visible",
        "tags": [verdict.lab],
    })
}
