//! Shows each case of `cargo grade` for this lab as a test.
//!
//! The grading is the grader's: this runs the command and reads its report. On the stubs every test fails, as it should.

use std::path::Path;
use std::process::{Command, ExitCode, Output};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

const LAB: &str = env!("CARGO_PKG_NAME");

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = match trials() {
        Ok(trials) => trials,
        Err(message) => {
            eprintln!("cannot list the cases of `{LAB}`: {message}");
            return ExitCode::FAILURE;
        }
    };
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test for each case, named `exercise::case`. The lab is graded once, when the first test runs.
fn trials() -> Result<Vec<Trial>, String> {
    let list = json(&grade(&["list", "--format", "json"])?)?;
    let mut trials = Vec::new();
    for lab in array(&list, "labs").filter(|lab| lab["package"] == LAB) {
        for exercise in array(lab, "exercises") {
            let exercise_name = text(exercise, "name");
            for case in array(exercise, "cases") {
                let (exercise, case) = (exercise_name.clone(), text(case, "name"));
                let name = format!("{exercise}::{case}");
                trials.push(Trial::test(name, move || judge(&exercise, &case)));
            }
        }
    }
    Ok(trials)
}

/// Grades the exercise and fails with what was found in the case. An unchanged answer is not run again, so asking once
/// for each case costs little.
fn judge(exercise: &str, case: &str) -> Result<(), Failed> {
    let report = json(&grade(&[exercise, "--format", "json"])?)?;
    let verdict = array(&report, "exercises")
        .next()
        .ok_or("the report is empty")?;
    if verdict["status"] == "not-attempted" {
        return Err(
            format!("not attempted yet: `cargo grade {exercise}` names the file to edit").into(),
        );
    }
    let Some(points) = array(verdict, "cases").find(|it| it["case"] == case) else {
        // Cases that need the reference answers are not in the report of a student's copy.
        return Ok(());
    };
    if points["points"] == points["max_points"] {
        return Ok(());
    }
    let mut message = format!("{} of {} points\n", points["points"], points["max_points"]);
    for finding in array(verdict, "findings") {
        if finding["case"] == case || finding["case"] == "" {
            message.push_str(&format!(
                "{}: {}\n",
                text(finding, "diagnosis"),
                text(finding, "message")
            ));
        }
    }
    if let Some(compiler) = verdict["compiler"].as_str() {
        message.push_str(compiler);
    }
    message.push_str(&format!("more: cargo grade {exercise}"));
    Err(message.into())
}

/// Runs `cargo grade` in the course and returns its standard output.
fn grade(arguments: &[&str]) -> Result<Vec<u8>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output: Output = Command::new(cargo)
        .arg("grade")
        .args(arguments)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .output()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    // 0 and 1 mean that the grader graded; see the list of exit codes.
    match output.status.code() {
        Some(0 | 1) => Ok(output.stdout),
        _ => Err(format!(
            "`cargo grade` failed (this test needs the whole course, not only the lab's folder)\n{}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

fn json(bytes: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(bytes)
        .map_err(|error| format!("the grader's report is no JSON: {error}"))
}

fn array<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}
