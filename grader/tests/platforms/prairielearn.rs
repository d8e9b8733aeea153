//! PrairieLearn: `/grade/student` has the file, `/grade/results/results.json` gets the result.

use std::process::Command;

use serde_json::Value;

use super::stage::{GRADER, Stage, answer, checkout, succeeded};

fn grade(stage: &Stage) -> Command {
    let script = checkout()
        .join("platforms/prairielearn/grade")
        .canonicalize();
    let mut command = stage.command(&script.unwrap(), "course");
    command
        .env("GRADE", stage.path("grade"))
        .env("COURSE", stage.path("course"));
    command
}

fn results(stage: &Stage) -> Value {
    serde_json::from_str(&stage.read("grade/results/results.json")).unwrap()
}

#[test]
fn a_file_gets_its_share_of_the_points_and_anything_else_costs_no_attempt() {
    let stage = Stage::new();
    stage.course("course");
    stage.program("grader", &format!("exec '{GRADER}' \"$@\""));

    stage.write("grade/student/hello-grader.rs", &answer());
    succeeded(&mut grade(&stage));
    let result = results(&stage);
    assert_eq!(result["gradable"], true);
    assert_eq!(result["score"], 0.7);
    assert_eq!(result["tests"][0]["points"], 7);
    assert_eq!(result["tests"][0]["max_points"], 10);
    assert!(!result.to_string().contains("any-words"), "{result}");

    // Two files, a file that answers nothing, and none.
    let refused = |stage: &Stage| {
        succeeded(&mut grade(stage));
        assert_eq!(results(stage)["gradable"], false);
    };
    stage.write("grade/student/other.rs", "");
    refused(&stage);
    std::fs::remove_file(stage.path("grade/student/hello-grader.rs")).unwrap();
    refused(&stage);
    std::fs::remove_file(stage.path("grade/student/other.rs")).unwrap();
    refused(&stage);
}
