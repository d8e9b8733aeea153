//! GitHub Actions: the result that the Classroom runners hand on, and the notices that tools read.
//!
//! The result is what `classroom-resources/autograding-*` put into a step's output: one line of base64 with JSON in it. The notices are
//! workflow commands (docs.github.com, "Workflow commands for GitHub Actions"), which is why text that a student's program can
//! have written stands between `stop-commands` and a token that nobody can guess.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::json;

use super::plain;
use crate::verdict::{Report, Status, Verdict};

#[derive(Debug, Serialize)]
struct Result {
    version: u32,
    status: &'static str,
    max_score: u32,
    tests: Vec<Test>,
}

#[derive(Debug, Serialize)]
struct Test {
    name: String,
    status: &'static str,
    score: u32,
    message: Option<String>,
    test_code: String,
    filename: String,
    line_no: u32,
    duration: u32,
}

/// The result of a runner: one line, without a newline.
#[must_use]
pub fn result(report: &Report) -> String {
    let mut tests: Vec<Test> = report.exercises.iter().map(test).collect();
    if tests.is_empty() {
        // Readers divide by the number of tests.
        tests.push(nothing());
    }
    let all = |status: &str| tests.iter().all(|test| test.status == status);
    let status = if all("pass") { "pass" } else { "fail" };
    let result = Result {
        version: 1,
        status,
        max_score: report.max_points,
        tests,
    };
    STANDARD.encode(serde_json::to_string(&result).unwrap_or_default())
}

fn test(verdict: &Verdict) -> Test {
    let passes = verdict.points == verdict.max_points && verdict.status != Status::NotAttempted;
    let file = verdict.path();
    let place = verdict.findings.first().map(|it| it.place.as_str());
    let line = place.and_then(|it| it.strip_prefix(&file)?.split(':').nth(1)?.parse().ok());
    Test {
        name: format!("{} / {}", verdict.lab, verdict.exercise),
        status: if passes { "pass" } else { "fail" },
        score: verdict.points,
        message: (!passes).then(|| plain::explain(verdict)),
        test_code: format!("cargo grade {}", verdict.exercise),
        filename: file,
        line_no: line.unwrap_or(0),
        duration: 0,
    }
}

fn nothing() -> Test {
    Test {
        name: "nothing to grade".to_owned(),
        status: "error",
        score: 0,
        message: Some("no exercise was graded".to_owned()),
        test_code: "cargo grade".to_owned(),
        filename: String::new(),
        line_no: 0,
        duration: 0,
    }
}

/// What goes to the log: the report for people, behind `token`, and then the two notices.
///
/// The token must be one that no program could know: what stands between the two lines with it is not obeyed.
#[must_use]
pub fn log(report: &Report, text: &str, token: &str) -> String {
    let (points, max) = (report.points, report.max_points);
    let totals = json!({"totalPoints": points, "maxPoints": max});
    let newline = if text.ends_with('\n') { "" } else { "\n" };
    format!(
        "::stop-commands::{token}\n{text}{newline}::{token}::\n\
         ::notice title=Autograding complete::Points {points}/{max}\n\
         ::notice title=Autograding report::{totals}\n"
    )
}
