//! Commands that grade nothing, and command lines that ask for nothing that exists.

use std::fs;

use super::course::{Demo, STUB};

const FILE: &str = "labs/10-demo/src/bin/first-step.rs";

/// Checks that the grader refuses with this code, says so on standard error only, and says all these texts.
#[track_caller]
fn refused(demo: &Demo, typed: &str, code: i32, texts: &[&str]) {
    let said = demo.run(typed);
    assert_eq!(said.code, Some(code), "{typed}: {said:?}");
    assert_eq!(said.out, "", "{typed}");
    assert!(said.err.starts_with("error: "), "{typed}: {said:?}");
    for text in texts {
        assert!(said.err.contains(text), "{typed}: no {text:?} in {said:?}");
    }
}

/// Checks that a command succeeds, and returns what it prints on standard output.
#[track_caller]
fn printed(demo: &Demo, typed: &str) -> String {
    let said = demo.run(typed);
    assert_eq!(
        (said.code, said.err.as_str()),
        (Some(0), ""),
        "{typed}: {said:?}"
    );
    said.out
}

#[test]
fn wrong_command_lines_are_usage_errors() {
    let demo = Demo::new();
    refused(
        &demo,
        "frst-step",
        2,
        &["failed to", "did you mean `first-step`?"],
    );
    refused(&demo, "whatever", 2, &["cargo grade list"]);
    refused(&demo, "hnt first-step", 2, &["`cargo grade hint`"]);
    refused(&demo, "first-step list", 2, &["`list` is a command"]);
    refused(
        &demo,
        "--format xml",
        2,
        &["possible values: terminal, json, junit, github"],
    );
    refused(&demo, "--formt json", 2, &["--format"]);
    refused(&demo, "hint", 2, &["<EXERCISE>"]);
    refused(
        &demo,
        "hint 10-demo",
        2,
        &["is a lab", "first-step, second-step"],
    );
    refused(&demo, "hint first-step 4", 2, &["1..=3"]);
    refused(
        &demo,
        "answer first-stp x.rs",
        2,
        &["did you mean `first-step`?"],
    );
    refused(&demo, "self-check nothing", 2, &["no lab or exercise"]);
}

#[test]
fn outside_a_course_the_grader_says_where_it_works() {
    let demo = Demo::new();
    fs::remove_dir_all(demo.file("labs")).unwrap();
    refused(
        &demo,
        "list",
        2,
        &["failed to find the course", "inside a checkout"],
    );
}

#[test]
fn a_faulty_description_is_shown_with_line_and_caret() {
    let demo = Demo::new();
    let text = demo.read("labs/10-demo/lab.toml");
    demo.write(
        "labs/10-demo/lab.toml",
        &text.replace("minutes = 10", "minuts = 10"),
    );
    refused(
        &demo,
        "list",
        2,
        &["10-demo/lab.toml", "| minuts = 10", "^^^^^^"],
    );
}

#[test]
fn help_teaches_by_example() {
    let help = printed(&Demo::new(), "--help");
    assert!(
        help.contains("Usage: cargo grade [OPTIONS] [NAME]..."),
        "{help}"
    );
    assert!(help.contains("cargo grade hint hello-pipe"), "{help}");
    assert!(help.contains("Exit codes: 0"), "{help}");
}

#[test]
fn the_list_is_a_table() {
    insta::assert_snapshot!(printed(&Demo::new(), "list"), @"
    10-demo  Demo
    Two exercises to try commands on.
      first-step   core    10 min   10 pt  one step
      second-step  extra   20 min    5 pt  another step (after first-step)
    ");
}

#[test]
fn the_list_is_json() {
    insta::assert_snapshot!(printed(&Demo::new(), "list --format json"), @r#"
    {
      "schema": "forklings/list/v1",
      "labs": [
        {
          "folder": "10-demo",
          "package": "demo",
          "title": "Demo",
          "exercises": [
            {
              "name": "first-step",
              "title": "one step",
              "level": "core",
              "minutes": 10,
              "points": 10,
              "file": "labs/10-demo/src/bin/first-step.rs",
              "cases": [
                {
                  "name": "one",
                  "points": 4,
                  "shows": "one step is made"
                },
                {
                  "name": "two",
                  "points": 6,
                  "shows": "two steps are made"
                }
              ]
            },
            {
              "name": "second-step",
              "title": "another step",
              "level": "extra",
              "minutes": 20,
              "points": 5,
              "file": "labs/10-demo/src/bin/second-step.rs",
              "cases": [
                {
                  "name": "one",
                  "points": 5,
                  "shows": "it is made"
                }
              ]
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn hints_come_one_at_a_time() {
    let demo = Demo::new();
    insta::assert_snapshot!(printed(&demo, "hint first-step"), @"
    Hint 1 of 3 for first-step

      Look at `fork`.

    The next hint says more: cargo grade hint first-step 2
    ");
    insta::assert_snapshot!(printed(&demo, "hint first-step 3"), @"
    Hint 3 of 3 for first-step

      Call `fork()` once.

    That was the last hint. The concepts are in labs/10-demo/README.md
    ");
}

#[test]
fn a_diagnosis_is_explained() {
    let demo = Demo::new();
    insta::assert_snapshot!(printed(&demo, "explain child-not-reaped"), @"
    A child was never waited for

    It matters.

    What happens

    This.

    What to do

    Call `waitpid`.

    Wrong and right

        waitpid(child, None)?;

    Look it up

    waitpid(2)
    ");
    refused(
        &demo,
        "explain child-not-reped",
        2,
        &["cargo grade explain child-not-reaped"],
    );
    refused(
        &demo,
        "explain something",
        2,
        &["`cargo grade explain` lists"],
    );
    refused(
        &demo,
        "explain ../../etc/passwd",
        2,
        &["no diagnosis is called"],
    );
}

#[test]
fn the_text_of_the_exercises_lab_wins() {
    let demo = Demo::new();
    assert!(printed(&demo, "explain only-here").starts_with("Only in this lab\n"));
    assert!(printed(&demo, "explain hung first-step").starts_with("The steps wait\n"));
    let shared = printed(&demo, "explain hung");
    assert!(shared.starts_with("Every process waits\n"), "{shared}");
    assert!(
        shared.contains("cargo grade explain hung first-step"),
        "{shared}"
    );
}

#[test]
fn all_diagnoses_are_listed() {
    insta::assert_snapshot!(printed(&Demo::new(), "explain"), @"
    child-not-reaped              A child was never waited for
    hung                          Every process waits
    only-here                     Only in this lab
    ");
}

#[test]
fn reset_keeps_what_was_written() {
    let demo = Demo::new();
    demo.write(FILE, "one\n");
    insta::assert_snapshot!(printed(&demo, "reset first-step --yes"), @"
    labs/10-demo/src/bin/first-step.rs is as it was at the beginning
    what you had written is in backups/first-step-1.rs; to get it back:
      cp backups/first-step-1.rs labs/10-demo/src/bin/first-step.rs
    ");
    assert_eq!(demo.read(FILE), STUB);
    assert_eq!(demo.read("backups/first-step-1.rs"), "one\n");

    // A second backup does not replace the first, whatever its bytes.
    fs::write(demo.file(FILE), b"\xff").unwrap();
    printed(&demo, "reset first-step --yes");
    assert_eq!(demo.read("backups/first-step-1.rs"), "one\n");
    assert_eq!(
        fs::read(demo.file("backups/first-step-2.rs")).unwrap(),
        b"\xff"
    );
    assert_eq!(
        fs::read_dir(demo.file("labs/10-demo/src/bin"))
            .unwrap()
            .count(),
        2
    );
}

#[test]
fn reset_asks_before_it_overwrites() {
    let demo = Demo::new();
    demo.write(FILE, "one\n");
    refused(&demo, "reset first-step", 2, &["no terminal", "--yes"]);
    assert_eq!(demo.read(FILE), "one\n");
    assert!(!demo.file("backups").exists());
}

#[test]
fn reset_of_what_is_not_changed_or_not_there() {
    let demo = Demo::new();
    let said = printed(&demo, "reset first-step");
    assert!(said.contains("nothing to reset"), "{said}");
    assert!(!demo.file("backups").exists());

    fs::remove_file(demo.file(FILE)).unwrap();
    printed(&demo, "reset first-step");
    assert_eq!(demo.read(FILE), STUB);
    assert!(!demo.file("backups").exists());
    refused(
        &demo,
        "reset frst-step --yes",
        2,
        &["did you mean `first-step`?"],
    );
}

#[test]
fn reset_loses_nothing_when_it_cannot_keep_a_copy() {
    let demo = Demo::new();
    demo.write(FILE, "one\n");
    demo.write("backups", "a file where a folder should be");
    refused(&demo, "reset first-step --yes", 3, &["keep a copy", FILE]);
    assert_eq!(demo.read(FILE), "one\n");
}

#[test]
fn versions_are_those_of_the_grader_and_of_the_course() {
    let demo = Demo::new();
    let own = env!("CARGO_PKG_VERSION");
    let said = demo.run("--version");
    assert_eq!(said.code, Some(0));
    let course = "course of no stated version: 1 lab, 2 exercises\n";
    assert_eq!(said.out, format!("grader {own}\n{course}"));

    demo.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"labs/*\"]\n[workspace.metadata.course]\nversion = \"7.1\"\n",
    );
    demo.write("grader/Cargo.toml", "[package]\nversion = \"99.0.0\"\n");
    let said = demo.run("-V");
    assert!(said.out.contains("course 7.1: 1 lab"), "{}", said.out);
    let note = format!("note: this grader is {own}, and the course was made for 99.0.0");
    assert!(said.out.contains(&note), "{}", said.out);
    // Stubs are not built, so this only reads.
    let said = demo.run("");
    assert!(said.err.contains(&note), "{}", said.err);

    let elsewhere = tempfile::tempdir().unwrap();
    let mut grader = demo.grader("--version");
    let output = grader.current_dir(elsewhere.path()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, format!("grader {own}\nno course here\n"));
}
