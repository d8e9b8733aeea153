//! The workflow of a student's repository, step by step as the runner takes them.

use std::fs;
use std::path::Path;

use grader::course::Course;

use super::stage::{EXERCISE, GRADER, Stage, answer, checkout, succeeded};
use super::syntax::{steps, yaml};

const WORKFLOW: &str = "docs/student/.github/workflows/autograding.yml";

/// What the runner has fetched: a student's copy of the course, and in `submission` what was pushed.
fn fetched(stage: &Stage) {
    stage.course("whole");
    let mut export = stage.command(Path::new(GRADER), "whole");
    succeeded(export.arg("export").arg(stage.path("course")));
    let file = format!("submission/labs/00-start/src/bin/{EXERCISE}.rs");
    stage.write(&file, &answer());
    stage.program("sudo", "echo \"$@\" >> sudo.txt");
}

/// Takes the steps; each gets the folders that those before it have put on the path.
fn take(stage: &Stage, variables: &[(&str, &str)]) -> String {
    let mut log = String::new();
    let [workflow] = &yaml(&checkout().join(WORKFLOW))[..] else {
        panic!("one document");
    };
    for (name, folder, script) in steps(workflow) {
        let added = fs::read_to_string(stage.path("added-to-path")).unwrap_or_default();
        let mut step = stage.command(Path::new("bash"), &folder);
        let path = step.get_envs().find(|(it, _)| *it == "PATH");
        let mut path = path.unwrap().1.unwrap().to_owned();
        for folder in added.lines() {
            path = format!("{folder}:{}", path.display()).into();
        }
        step.env("PATH", path);
        for (name, file) in [
            ("GITHUB_PATH", "added-to-path"),
            ("GITHUB_STEP_SUMMARY", "summary.md"),
            ("GITHUB_OUTPUT", "output"),
        ] {
            step.env(name, stage.path(file));
        }
        step.envs(variables.iter().copied());
        // As the runner starts a step that names no shell.
        log.push_str(&format!(
            "== {name}\n{}",
            succeeded(step.args(["-e", "-c", &script]))
        ));
    }
    log
}

/// The points of the cases that a student's copy grades.
fn shown_points(stage: &Stage) -> u32 {
    let course = Course::load(&stage.path("course")).unwrap();
    let cases = course.exercises().flat_map(|it| &it.exercise.cases);
    cases
        .filter(|case| !case.is_drawn())
        .map(|case| case.points)
        .sum()
}

fn check(stage: &Stage, log: &str) {
    let max = shown_points(stage);
    let reports = log
        .lines()
        .filter_map(|it| it.strip_prefix("::notice title=Autograding report::"));
    let reports: Vec<serde_json::Value> = reports
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let expected = serde_json::json!({"totalPoints": 7, "maxPoints": max});
    assert_eq!(reports, [expected], "{log}");
    assert!(!log.contains("any-words"), "{log}");
    let summary = stage.read("summary.md");
    // Doctor's last line, then the points.
    let first = summary.lines().next().unwrap();
    assert!(
        ["full", "reduced", "none"]
            .iter()
            .any(|it| first.starts_with(it)),
        "{summary}"
    );
    assert!(summary.contains(EXERCISE), "{summary}");
    assert!(stage.read("output").starts_with("result="));
    let sudo = "sysctl --ignore --write kernel.apparmor_restrict_unprivileged_userns=0\n";
    assert_eq!(stage.read("sudo.txt"), sudo);
}

#[test]
fn a_push_is_graded_with_the_course_that_is_there() {
    let stage = Stage::new();
    fetched(&stage);
    let log = take(&stage, &[("COURSE", ""), ("VERSION", "")]);
    check(&stage, &log);
}

#[test]
fn the_grader_of_a_release_is_used_and_not_built() {
    let stage = Stage::new();
    fetched(&stage);
    let name = format!("grader-{}-unknown-linux-gnu.tar.gz", std::env::consts::ARCH);
    let folder = stage.path("release");
    fs::create_dir(&folder).unwrap();
    let pack = format!(
        "cp '{GRADER}' grader && tar -czf '{name}' grader && sha256sum '{name}' > '{name}.sha256'"
    );
    succeeded(
        stage
            .command(Path::new("sh"), "release")
            .args(["-c", &pack]),
    );
    // gh release download VERSION --repo COURSE --pattern NAME --dir DIR: the folder is the ninth word.
    let download = format!(
        "echo \"$@\" > '{0}/asked'; mkdir -p \"$9\"; cp '{0}'/*.tar.gz '{0}'/*.sha256 \"$9\"",
        folder.display()
    );
    stage.program("gh", &download);
    let log = take(&stage, &[("COURSE", "os/course"), ("VERSION", "v1")]);
    check(&stage, &log);
    let asked = format!(
        "release download v1 --repo os/course --pattern {name}* --dir target/release-grader --clobber\n"
    );
    assert_eq!(stage.read("release/asked"), asked);
    assert!(!stage.path("course/target/debug").exists());
}

#[test]
fn a_release_without_a_grader_has_it_built() {
    let stage = Stage::new();
    fetched(&stage);
    stage.program("gh", "echo 'no assets match the file pattern' >&2; exit 1");
    let log = take(&stage, &[("COURSE", "os/course"), ("VERSION", "v1")]);
    check(&stage, &log);
    assert!(stage.path("course/target/debug/grader").exists());
}
