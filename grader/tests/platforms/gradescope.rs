//! Gradescope: `setup.sh` once, then `run_autograder` for each submission.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::stage::{EXERCISE, Stage, answer, checkout, succeeded};

/// The folder `/autograder` as setup.sh leaves it.
fn autograder() -> Stage {
    let stage = Stage::new();
    stage.course("unpacked");
    fs::create_dir_all(stage.path("autograder/source")).unwrap();
    succeeded(
        Command::new("tar")
            .arg("-czf")
            .arg(stage.path("autograder/source/course.tar.gz"))
            .arg("-C")
            .arg(stage.path("unpacked"))
            .arg("."),
    );
    stage.write("autograder/source/names", &format!("{EXERCISE}\n"));
    succeeded(&mut run(&stage, "setup.sh"));
    stage
}

fn script(name: &str) -> PathBuf {
    checkout()
        .join("platforms/gradescope")
        .join(name)
        .canonicalize()
        .unwrap()
}

fn run(stage: &Stage, name: &str) -> Command {
    let mut command = stage.command(&script(name), "autograder");
    command.env("AUTOGRADER", stage.path("autograder"));
    command
}

fn results(stage: &Stage) -> Value {
    serde_json::from_str(&stage.read("autograder/results/results.json")).unwrap()
}

#[test]
fn submissions_get_their_points_and_hidden_cases_stay_hidden() {
    let stage = autograder();
    // A folder laid out like the course.
    stage.write(
        "autograder/submission/labs/00-start/src/bin/hello-grader.rs",
        &answer(),
    );
    succeeded(&mut run(&stage, "run_autograder"));
    let folder = results(&stage);
    assert_eq!(folder["score"], 7);
    assert_eq!(folder["tests"].as_array().unwrap().len(), 1);
    assert_eq!(folder["tests"][0]["max_score"], 10);
    let text = folder.to_string();
    assert!(!text.contains("any-words"), "{text}");
    assert!(text.contains("not shown"), "{text}");

    // The same file as Gradescope's form hands it in.
    fs::remove_dir_all(stage.path("autograder/submission")).unwrap();
    stage.write("autograder/submission/hello-grader.rs", &answer());
    stage.write("autograder/submission/notes.txt", "mine");
    succeeded(&mut run(&stage, "run_autograder"));
    assert_eq!(results(&stage)["score"], 7);
    assert_eq!(results(&stage)["tests"], folder["tests"]);

    // Nothing of the course.
    fs::remove_file(stage.path("autograder/submission/hello-grader.rs")).unwrap();
    succeeded(&mut run(&stage, "run_autograder"));
    assert_eq!(results(&stage)["score"], 0);
    assert!(
        results(&stage)["output"]
            .as_str()
            .unwrap()
            .contains("hello-pipe.rs")
    );
}

#[test]
fn a_breakdown_is_no_score() {
    let stage = Stage::new();
    stage.write("autograder/source/names", "");
    stage.write("autograder/results/results.json", "{\"score\":10}");
    stage.write("autograder/submission/labs/x", "");
    // A grader that cannot work, however often it is asked.
    stage.program("grader", "echo tried >> tries; exit 3");
    let grader = stage.path("autograder/course/target/debug/grader");
    fs::create_dir_all(grader.parent().unwrap()).unwrap();
    fs::rename(stage.path("bin/grader"), grader).unwrap();
    let output = run(&stage, "run_autograder").output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(!stage.path("autograder/results/results.json").exists());
    assert_eq!(stage.read("autograder/course/tries").lines().count(), 3);
}
