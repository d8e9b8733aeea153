//! For each kind of evidence: runs that fail it, and ones close to them that do not.

use std::path::Path;

use super::written::Written;
use crate::check::{Checked, Expected, check as check_all};
use crate::course::Exercise;
use crate::normalise::normalise;
use crate::record::Record;

mod authors;
mod calls_and_signals;
mod communication;
mod descriptors;
mod points;
mod processes;

/// What is found in a run of an exercise with this evidence, worth 5 points.
fn checked(evidence: &str, arguments: usize, record: &Record) -> Checked {
    let evidence = format!("[[case.evidence]]\n{evidence}");
    checked_as(&evidence, arguments, "", record)
}

/// What is found in a run of an exercise that states no evidence and expects this output.
fn checked_output(output: &str, record: &Record) -> Checked {
    checked_as("", 0, &normalise(output.as_bytes()), record)
}

fn checked_as(evidence: &str, arguments: usize, output: &str, record: &Record) -> Checked {
    let text = format!(
        r#"
        name = "x"
        title = "x"
        level = "core"
        minutes = 1
        hints = ["", "", ""]
        diagnoses = []
        [[case]]
        name = "c"
        shows = "s"
        points = 5
        {evidence}
        "#
    );
    let exercise: Exercise = toml::from_str(&text).unwrap();
    let expected = Expected {
        exercise: &exercise,
        case: &exercise.cases[0],
        command: "cargo run",
        arguments,
        output: Some(output),
    };
    check_all(&expected, record)
}

fn written(write: impl FnOnce(&mut Written)) -> Record {
    let mut written = Written::new();
    write(&mut written);
    written.record
}

/// The run fails the evidence, with this diagnosis and a message that has this part; or, where they are empty, it does not.
#[track_caller]
fn check(evidence: &str, write: impl FnOnce(&mut Written), diagnosis: &str, part: &str) {
    let found = checked(evidence, 4, &written(write)).found;
    let seen: Vec<String> = found
        .iter()
        .map(|it| format!("{}: {}", it.finding.diagnosis, it.finding.message))
        .collect();
    assert_eq!(found.is_empty(), diagnosis.is_empty(), "{seen:#?}");
    if let Some(first) = found.first() {
        assert_eq!(first.finding.diagnosis, diagnosis, "{seen:#?}");
        assert!(first.finding.message.contains(part), "{seen:#?}");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("diagnoses");
        let is_lab_s_own = evidence.contains("diagnosis = ");
        let text = folder.join(format!("{diagnosis}.md"));
        assert!(is_lab_s_own || text.is_file(), "{diagnosis} has no text");
    }
}

/// The run does not fail the evidence.
#[track_caller]
fn passes(evidence: &str, write: impl FnOnce(&mut Written)) {
    check(evidence, write, "", "");
}

/// Forks once, and no more.
fn forks(run: &mut Written) {
    run.fork(0);
}

/// Forks so many children and then waits for them.
fn workers(run: &mut Written, count: usize) {
    let children: Vec<usize> = (0..count).map(|_| run.fork(0)).collect();
    for child in children {
        run.exit(child, 0);
        run.reap(0, child);
    }
}
