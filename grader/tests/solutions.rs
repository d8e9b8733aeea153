//! The snapshots in `labs/*/expected`, made from the reference programs: the only test that writes them.
//!
//! After a change of an exercise: `cargo test -p grader --test solutions EXERCISE`, then `cargo insta review` (or, without
//! cargo-insta, `INSTA_UPDATE=always cargo test -p grader --test solutions EXERCISE` and a look at `git diff`).
//! Each exercise is a test; without a name all of them run. Only the labs of those that run are built.
//! The programs are started here without the grader, so that a fault of the runner cannot get into a snapshot.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use grader::course::{Case, Course, DEFAULT_SEED, ExerciseRef};
use grader::normalise::normalise;
use libtest_mimic::{Arguments, Trial};

#[path = "support/typed.rs"]
mod typed;

/// How long a reference program may take on the busiest machine.
const DEADLINE: Duration = Duration::from_secs(120);

fn course() -> Course {
    Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Programs that measure or use terminals have the machine to themselves.
    arguments.test_threads.get_or_insert(1);
    let course = course();
    assert!(
        course.has_solutions(),
        "this copy of the course has no solutions/, so there is nothing to compare the snapshots with"
    );
    let names = course.exercises().map(|it| it.name().to_owned());
    let names: Vec<String> = names.collect();
    let course = Arc::new(course);
    let programs = Arc::new(OnceLock::new());
    let wanted = labs(&course, &arguments);
    let trials = names.into_iter().map(|name| {
        let (course, programs, wanted) = (course.clone(), programs.clone(), wanted.clone());
        Trial::test(name.clone(), move || {
            let programs = programs.get_or_init(|| build(&course, &wanted));
            check_exercise(&course, &name, programs);
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// The labs of the exercises that the arguments ask for.
fn labs(course: &Course, arguments: &Arguments) -> BTreeSet<String> {
    let filter = arguments.filter.as_deref().unwrap_or_default();
    let wanted = course.exercises().filter(|it| it.name().contains(filter));
    wanted.map(|it| it.lab.package.clone()).collect()
}

/// Builds the labs' reference programs and returns their folder.
fn build(course: &Course, labs: &BTreeSet<String>) -> PathBuf {
    let target = course.root.join("target/solutions");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--locked", "--bins", "--manifest-path"])
        .arg(course.solutions().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .args(labs.iter().map(|it| format!("--package={it}-solutions")))
        .status()
        .unwrap();
    assert!(status.success(), "the reference programs do not build");
    target.join("debug")
}

fn check_exercise(course: &Course, name: &str, programs: &Path) {
    let exercise = course.exercise(name).unwrap();
    for case in &exercise.exercise.cases {
        if case.output.snapshot && !case.is_drawn() {
            check(exercise, case, &programs.join(exercise.program()));
        }
    }
}

fn check(exercise: ExerciseRef<'_>, case: &Case, program: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command
        .args(case.arguments(exercise.name(), DEFAULT_SEED))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .env("HOME", folder.path())
        .env("TMPDIR", folder.path())
        .env("RUST_BACKTRACE", "0")
        .current_dir(folder.path());
    let code = case.exit.code.unwrap_or(0);
    let output = if let Some(keys) = &case.typed {
        let (status, shown) = typed::run(&mut command, keys);
        assert_eq!(
            status.code(),
            Some(code),
            "{}",
            String::from_utf8_lossy(&shown)
        );
        normalise(&shown)
    } else {
        let assert = assert_cmd::Command::from_std(command)
            .write_stdin(case.stdin.clone())
            .timeout(DEADLINE)
            .assert();
        let assert = match &case.exit.signal {
            Some(_) => assert.interrupted(),
            None => assert.code(code),
        };
        normalise(&assert.get_output().stdout)
    };
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(exercise.lab.path.join("expected"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_suffix(case.name.as_ref());
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(exercise.name(), output));
}
