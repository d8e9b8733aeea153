//! Hangs, one way after another: when a run is called hung, and in which words; and beside each the run that only looks like it.
//!
//! What is said is compared as a whole, because equal hangs must have equal texts. Names that differ from run to run are replaced.

use grader::check::hang::explain;
use grader::record::{Ending, Limit, Record};

use super::processes::among_others;
use super::rows::Run;

mod pipes;
mod sockets;
mod waits;
mod words;

/// A run that hangs.
struct Hang<'a> {
    args: &'a [&'a str],
    /// Its causes by name, the first one first.
    causes: &'a [&'a str],
    /// Who does what, sentence by sentence.
    said: &'a [&'a str],
}

/// Runs the program in the way that hangs, and in the way that only looks so.
#[track_caller]
fn check(program: &str, hang: &Hang<'_>) {
    let _others = among_others();
    let record = Run::of(program, hang.args).record();
    assert_eq!(record.ending, Ending::Hung, "{:?}: {record:#?}", hang.args);
    compare(&record, hang);
    let mut near = vec![hang.args[0], "near"];
    near.extend(&hang.args[1..]);
    let record = Run::of(program, &near).record();
    let exited = Ending::Exited { code: 0 };
    assert_eq!(record.ending, exited, "{near:?}: {record:#?}");
    assert_eq!(record.stdout, b"done\n", "{near:?}");
}

/// Runs a program that does not hang, and does not end either, to its deadline.
#[track_caller]
fn check_late(program: &str, hang: &Hang<'_>) {
    let _others = among_others();
    let mut run = Run::of(program, hang.args);
    run.request.wall_ms = 2500;
    let record = run.record();
    let limit = Limit::Time;
    let ending = Ending::Exceeded { limit };
    assert_eq!(record.ending, ending, "{:?}: {record:#?}", hang.args);
    compare(&record, hang);
}

#[track_caller]
fn compare(record: &Record, hang: &Hang<'_>) {
    let explanation = explain(record);
    // A name of an object of the host is another one in every run.
    let own = format!("-{}", std::process::id());
    let said = explanation.sentences.iter();
    let said: Vec<String> = said.map(|it| it.replace(&own, "")).collect();
    assert_eq!(said, hang.said, "{:?}: {record:#?}", hang.args);
    let causes: Vec<&str> = explanation.causes.iter().map(|it| it.name).collect();
    assert_eq!(causes, hang.causes, "{:?}", hang.args);
}
