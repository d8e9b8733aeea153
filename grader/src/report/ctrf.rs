//! CTRF, the Common Test Report Format (ctrf.io), version 1.0.0 of its schema: a test for each exercise.

use serde_json::{Value, json};

use super::occasion::Occasion;
use super::plain;
use super::style::status_words;
use crate::verdict::{Report, Status, Verdict};

/// The report as JSON, with a newline at the end. Its schema demands times: those of the occasion.
///
/// # Errors
/// When a value cannot be written as JSON; none is of such a type.
pub fn render(report: &Report, occasion: &Occasion) -> Result<String, serde_json::Error> {
    let count = |wanted: &str| {
        let statuses = report.exercises.iter().map(|it| status(it.status));
        statuses.filter(|it| *it == wanted).count()
    };
    let tests: Vec<Value> = report.exercises.iter().map(test).collect();
    let document = json!({
        "reportFormat": "CTRF",
        "specVersion": "1.0.0",
        "results": {
            "tool": {"name": "forklings", "version": env!("CARGO_PKG_VERSION")},
            "summary": {
                "tests": tests.len(),
                "passed": count("passed"),
                "failed": count("failed"),
                "pending": count("pending"),
                "skipped": count("skipped"),
                "other": count("other"),
                "start": occasion.began_ms,
                "stop": occasion.ended_ms,
                "extra": {"points": report.points, "max_points": report.max_points},
            },
            "tests": tests,
        },
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Failed | Status::NotAttempted | Status::DoesNotCompile => "failed",
        Status::NotObserved => "other",
    }
}

fn test(verdict: &Verdict) -> Value {
    let mut test = json!({
        "name": verdict.exercise,
        "status": status(verdict.status),
        "rawStatus": status_words(verdict.status),
        "duration": 0,
        "suite": [verdict.lab],
        "filePath": verdict.path(),
        "extra": {"points": verdict.points, "max_points": verdict.max_points},
    });
    if verdict.status != Status::Passed {
        test["message"] = plain::explain(verdict).into();
    }
    test
}
