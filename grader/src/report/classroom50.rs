//! Classroom 50: `result.json` of the schema `classroom50/result/v1`.
//!
//! Who and what is graded stands in variables of the environment ([`VARIABLES`]); points are whole numbers.

use serde_json::{Value, json};

use super::occasion::Occasion;
use crate::verdict::{Report, Verdict};

/// Name and version of the format.
const SCHEMA: &str = "classroom50/result/v1";

/// The variables that the platform sets and the result repeats.
pub const VARIABLES: [&str; 5] = [
    "CLASSROOM",
    "ASSIGNMENT",
    "SUBMISSION_TAG",
    "COMMIT_URL",
    "RELEASE_URL",
];

/// More variables, which it may set.
pub const OPTIONAL: [&str; 2] = ["OWNER", "REVIEW_URL"];

/// The result as JSON, with a newline at the end.
///
/// # Errors
/// When a value cannot be written as JSON; none is of such a type.
pub fn render(report: &Report, occasion: &Occasion) -> Result<String, serde_json::Error> {
    let commit = occasion.variable("COMMIT_URL");
    let review = match occasion.variable("REVIEW_URL") {
        "" => commit,
        review => review,
    };
    let tests: Vec<Value> = report.exercises.iter().map(test).collect();
    let mut result = json!({
        "schema": SCHEMA,
        "classroom": occasion.variable("CLASSROOM"),
        "assignment": occasion.variable("ASSIGNMENT"),
        "assignment_type": "individual",
        "submission": occasion.variable("SUBMISSION_TAG"),
        "commit": commit,
        "release": occasion.variable("RELEASE_URL"),
        "review": review,
        "datetime": occasion.submitted_at(),
        "graded_at": occasion.graded_at(),
        "score": report.points,
        "max-score": report.max_points,
        "tests": tests,
    });
    let owner = occasion.variable("OWNER");
    if !owner.is_empty() {
        result["owner"] = owner.into();
    }
    Ok(serde_json::to_string_pretty(&result)? + "\n")
}

fn test(verdict: &Verdict) -> Value {
    json!({
        "test-name": verdict.exercise,
        "passed": verdict.points == verdict.max_points,
        "score": verdict.points,
        "max-score": verdict.max_points,
    })
}
