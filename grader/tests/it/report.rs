//! Reports of the command: their forms, where they go, and the exit codes.

use std::fs;
use std::process::Stdio;

use super::course::{Demo, STUB};

#[test]
fn a_fresh_checkout_is_welcomed() {
    let said = Demo::new().run("");
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""));
    insta::assert_snapshot!(said.out, @"
    This is a course of small Linux programs about processes and how they talk to
    each other. You fill in the gaps; the grader runs your program and says what it
    saw.

    0 of 15 points so far. There are 2 exercises in 1 lab: about 1 hour of work.

    Begin with first-step (10 minutes):
      one step

      labs/10-demo/src/bin/first-step.rs  edit what is marked TODO
      cargo grade first-step              see what came of it
      cargo grade hint first-step         when you are stuck

    To look around
      cargo grade watch   grades each time you save, on one screen
      cargo grade list    every exercise
      cargo grade --help  everything that can be typed
    ");
    // With the line that was typed and the next prompt it fits a terminal of 24 lines.
    assert!(said.out.lines().count() <= 22, "{}", said.out);
}

#[test]
fn a_part_of_the_course_is_a_table() {
    let said = Demo::new().run("second-step");
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""));
    insta::assert_snapshot!(said.out, @"
    10-demo  Demo                        0 / 5
      · second-step  not attempted       0 / 5    extra

    0 of 5 points: 1 not attempted

    Next comes second-step (20 minutes, 5 points, extra):
      another step

      labs/10-demo/src/bin/second-step.rs  the file to edit
      cargo grade second-step              grade it
      cargo grade hint second-step         a hint
    ");
}

#[test]
fn json_is_the_public_report() {
    let said = Demo::new().run("demo --format json");
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""));
    let report: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(report["schema"], "forklings/report/v1");
    assert_eq!(report["points"], 0);
    assert_eq!(report["exercises"][0]["lab"], "10-demo");
    assert_eq!(report["exercises"][0]["exercise"], "first-step");
    assert_eq!(report["exercises"][0]["status"], "not-attempted");
}

#[test]
fn a_report_goes_to_a_file() {
    let demo = Demo::new();
    let said = demo.run("--format json --output report.json");
    assert_eq!(
        (said.code, said.out.as_str(), said.err.as_str()),
        (Some(1), "", "")
    );
    assert!(demo.read("report.json").starts_with("{\n"));
    let said = demo.run("--output missing/report.txt");
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(
        said.err
            .contains("failed to write the report to missing/report.txt"),
        "{said:?}"
    );
}

#[test]
fn a_full_disk_is_no_verdict() {
    let demo = Demo::new();
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let output = demo
        .grader("")
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("failed to write to standard output"),
        "{said}"
    );
}

#[test]
fn a_reader_that_has_gone_away_changes_no_verdict() {
    let demo = Demo::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = demo.grader("").stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stderr, b"");
}

#[test]
fn a_submission_that_is_not_there_cannot_be_graded() {
    let demo = Demo::new();
    for typed in [
        "submission nowhere",
        "answer first-step nowhere.rs",
        "submission labs",
    ] {
        let said = demo.run(typed);
        assert_eq!(
            (said.code, said.out.as_str()),
            (Some(4), ""),
            "{typed}: {said:?}"
        );
        assert!(
            said.err.starts_with("error: failed to open the submission"),
            "{said:?}"
        );
    }
}

#[test]
fn a_submission_is_graded_and_what_is_not_used_is_noted() {
    let demo = Demo::new();
    demo.write("alice/labs/10-demo/src/bin/first-step.rs", STUB);
    demo.write("alice/labs/10-demo/src/bin/mine.rs", "fn main() {}");
    let said = demo.run("submission alice");
    assert_eq!((said.code, said.err.as_str()), (Some(1), ""));
    insta::assert_snapshot!(said.out, @"
    10-demo  Demo                        0 / 15
      · first-step   not attempted       0 / 10
      · second-step  not attempted       0 / 5    extra

    0 of 15 points: 2 not attempted
    note: not used: labs/10-demo/src/bin/mine.rs is no exercise of this lab
    ");
}

#[test]
fn ascii_locales_get_ascii() {
    let demo = Demo::new();
    for typed in ["second-step", "list", "explain hung", "hint first-step"] {
        let output = demo.grader(typed).env("LC_ALL", "C").output().unwrap();
        assert!(output.stdout.is_ascii(), "{typed}: {output:?}");
    }
}
