//! Runs in a terminal: what is typed, when, and what becomes of it.

use grader::record::{Ending, Exit, Record};
use grader::sandbox::{Foreground, Keys};

use super::processes::among_others;
use super::rows::{Run, runner};

fn keys(after: &str, foreground: Foreground, keys: &str) -> Keys {
    Keys {
        after: after.to_owned(),
        foreground,
        keys: keys.to_owned(),
    }
}

/// Runs a script of `sh` in a terminal, in both modes of the sandbox, and compares what it shows.
#[track_caller]
fn check(script: &str, typed: &[Keys], ending: Ending, shown: &str) -> Record {
    let _others = among_others();
    let record = |mode: &str| {
        let mut run = Run::of("output", &["-c", script]);
        run.request.program = Some("/bin/sh".into());
        run.request.typed = Some(typed.to_vec());
        run.record_by(runner().env("FORKLINGS_SANDBOX", mode))
    };
    let record = ["reduced", "full"].map(record);
    for record in &record {
        let seen = String::from_utf8_lossy(&record.stdout);
        assert_eq!(seen, shown, "{script}: {record:#?}");
        assert_eq!(record.ending, ending, "{script}: {record:#?}");
        assert!(record.unreaped.is_empty(), "{script}: {record:#?}");
    }
    let [_, full] = record;
    full
}

const DONE: Ending = Ending::Exited { code: 0 };

#[test]
fn keys_are_typed_when_it_is_time_for_them() {
    let anybody = Foreground::Anybody;
    check(
        "printf '> '; read line; echo got $line; printf '> '; exec cat",
        &[
            keys("> ", anybody, "one\n"),
            keys("got one\n> ", anybody, "two\n"),
            keys("two\n", anybody, "\u{4}"),
        ],
        DONE,
        "> one\ngot one\n> two\ntwo\n^D",
    );
}

#[test]
fn standard_error_is_the_terminal_and_so_is_dev_tty() {
    check(
        "echo a >&2; echo b > /dev/tty; test -t 0 && test -t 1 && test -t 2 && echo c",
        &[],
        DONE,
        "a\nb\nc\n",
    );
}

#[test]
fn keys_are_signals_for_the_group_in_the_foreground() {
    let typed = [keys("ready\n", Foreground::Program, "\u{3}")];
    let ending = Ending::Signaled { signal: 2 };
    check("echo ready; exec cat", &typed, ending, "ready\n^C");
    // A shell with job control puts its job into the foreground, and is not reached itself.
    let typed = [keys("ready\n", Foreground::Job, "\u{3}")];
    let shown = "ready\n^C\nstill here\n";
    let script = "set -m; (echo ready; exec cat); echo; trap - INT; echo still here";
    let record = check(&format!("trap : INT; {script}"), &typed, DONE, shown);
    let end = record.processes[1].end.unwrap();
    assert_eq!(end.how, Exit::Signal(2), "{record:#?}");
}

#[test]
fn who_waits_for_keys_that_never_come_hangs() {
    let never = keys("never printed", Foreground::Anybody, "x\n");
    check("echo ready; exec cat", &[], Ending::Hung, "ready\n");
    check("echo ready; exec cat", &[never], Ending::Hung, "ready\n");
    // Keys that are still to come end the wait, however late they are.
    check(
        "sleep 2; echo ready; exec cat",
        &[keys("ready\n", Foreground::Anybody, "\u{4}")],
        DONE,
        "ready\n^D",
    );
}
