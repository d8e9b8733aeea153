//! PrairieLearn: `/grade/results/results.json`, as its documentation of external grading has it: at most a megabyte, no NUL.

use serde_json::{Value, json};

use super::plain;
use crate::verdict::{Report, Verdict};

/// What the outputs together may be long, in bytes: names, points and escapes need room as well.
const OUTPUT: usize = 400_000;

/// The results as JSON, with a newline at the end.
///
/// # Errors
/// When a value cannot be written as JSON; none is of such a type.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let share = OUTPUT / report.exercises.len().max(1);
    let tests: Vec<Value> = report.exercises.iter().map(|it| test(it, share)).collect();
    // Nothing could be earned: that is nobody's attempt.
    let results = match report.max_points {
        0 => not_gradable("nothing was graded"),
        max => json!({
            "gradable": true,
            "score": f64::from(report.points) / f64::from(max),
            "message": format!("{} of {} points", report.points, max),
            "tests": tests,
        }),
    };
    Ok(serde_json::to_string_pretty(&results)? + "\n")
}

/// The results for what cannot be graded: it costs no attempt.
///
/// # Errors
/// When a value cannot be written as JSON; none is of such a type.
pub fn refusal(reason: &str) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(&not_gradable(reason))? + "\n")
}

fn not_gradable(reason: &str) -> Value {
    json!({"gradable": false, "message": reason.replace('\0', "")})
}

fn test(verdict: &Verdict, share: usize) -> Value {
    let mut output = plain::explain(verdict);
    if output.len() > share {
        let end = (0..=share).rev().find(|at| output.is_char_boundary(*at));
        output.truncate(end.unwrap_or(0));
    }
    json!({
        "name": format!("{} / {}", verdict.lab, verdict.exercise),
        "points": verdict.points,
        "max_points": verdict.max_points,
        "message": plain::headline(verdict),
        "output": output,
    })
}
