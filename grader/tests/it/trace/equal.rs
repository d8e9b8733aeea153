//! The same program leaves the same record, run after run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use grader::course::{Course, DEFAULT_SEED};
use grader::record::Record;

use super::Run;

/// How many runs are compared.
const RUNS: usize = 100;

/// Builds the reference answers of these exercises, and returns their folder.
fn build(course: &Course, exercises: &[&str]) -> PathBuf {
    let target = course.root.join("target/solutions");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = Command::new(cargo);
    cargo
        .args(["build", "--quiet", "--locked", "--manifest-path"])
        .arg(course.solutions().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target);
    for exercise in exercises {
        cargo.args(["--bin", exercise]);
    }
    assert!(cargo.status().unwrap().success());
    target.join("debug")
}

/// The record of a run, and how many digits its pids have: programs print them, so a longer one makes more bytes. In namespaces of
/// its own a run always has the same pids; on the host they are what comes next there.
fn record(program: &Path, args: &[String]) -> (Vec<usize>, Record) {
    let mut run = Run::of("trace_shows", &[]).with_data();
    run.request.program = Some(program.to_path_buf());
    run.request.args = args.to_vec();
    let record = run.outcome().record;
    let processes = record.processes.iter();
    let digits = processes.map(|it| it.pid.to_string().len()).collect();
    (digits, record.comparable())
}

/// Where two records differ first: both are too long to be shown.
fn difference(one: &Record, other: &Record) -> String {
    let [one, other] = [one, other].map(|it| format!("{it:#?}"));
    let mut lines = one.lines().zip(other.lines()).enumerate();
    match lines.find(|(_, (one, other))| one != other) {
        Some((at, (one, other))) => format!("line {at}: {one} | {other}"),
        None => "one is longer".to_owned(),
    }
}

#[test]
fn a_program_leaves_the_same_record_each_time() {
    let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let cases = [("exit-status", "children"), ("run-command", "redirected")];
    let programs = build(&course, &cases.map(|(exercise, _)| exercise));
    for (name, case) in cases {
        let exercise = course.exercises().find(|it| it.name() == name).unwrap();
        let cases = &exercise.exercise.cases;
        let case = cases.iter().find(|it| it.name.as_ref() == case).unwrap();
        let args = case.arguments(name, DEFAULT_SEED);
        let program = programs.join(name);
        let mut firsts: HashMap<Vec<usize>, Record> = HashMap::new();
        for run in 0..RUNS {
            let (digits, next) = record(&program, &args);
            assert!(next.processes.len() > 1);
            let first = firsts.entry(digits).or_insert_with(|| next.clone());
            assert!(
                next == *first,
                "run {run} of {name}: {}",
                difference(first, &next)
            );
        }
        // Pids grow past a power of ten now and then, and not more often.
        assert!(firsts.len() < RUNS / 10, "{:?}", firsts.keys());
    }
}
