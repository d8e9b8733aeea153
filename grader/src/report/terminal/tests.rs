//! Reports made by hand, rendered for several terminals.

use std::path::PathBuf;

use super::*;
use crate::verdict::{CaseVerdict, Difference, Layer, LayerState};
use sample::{WIDE, course, mixed, report, texts, verdict};

mod sample;

fn show(report: &Report, subject: &Subject, style: Style) -> String {
    let (course, texts) = (course(), texts());
    let page = Page {
        course: &course,
        texts: &texts,
        subject,
        style,
    };
    render(report, page)
}

#[track_caller]
fn check(report: &Report, style: Style) -> String {
    let text = show(report, &Subject::Checkout, style);
    for line in text.lines() {
        assert!(layout::width(line) <= style.columns(), "too wide: {line}");
        assert_eq!(line, line.trim_end(), "spaces at the end");
    }
    assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{text:?}");
    assert!(!text.contains("\n\n\n"), "{text}");
    text
}

#[test]
fn a_failure_is_shown_in_full() {
    insta::assert_snapshot!(check(&mixed(), WIDE), @"
    00-start  Start                        5 / 5
      ✓ hello-grader   passed              5 / 5

    02-pipes  Pipes                        4 / 30
      ✗ hello-pipe     failed              4 / 10
      ✗ pipe-capacity  does not compile    0 / 10   extra
      · request-reply  not attempted       0 / 10

    9 of 35 points: 1 passed, 1 failed, 1 did not compile, 1 not attempted

    hello-pipe, case 200-kib: a message larger than the pipe arrives whole

      A write end of the pipe was left open (write-end-left-open, costs 6 points)

      The run never ends: process 1 (the parent) sleeps in read on descriptor 3, and
      nobody is left who could write into the pipe, because the parent itself still
      holds its write end (descriptor 4).

      Run it: cargo run -q -p pipes --bin hello-pipe -- 204800

      Expected (-) and seen (+)
          the parent is [pid 1]
        - received: hello from [pid 2]
        - and 204800 bytes more, intact

      What to do
        1. Draw which process holds which end after `fork`.
        2. Close the write end in every process that does not write, before the
           first `read`.

            drop(write_end);

      Also found
        - 200-kib: Nobody waited for a child (child-not-reaped)
        - greeting: the same (write-end-left-open)
        - greeting: no-text-yet

    Next
      labs/02-pipes/src/bin/hello-pipe.rs      the file to edit
      cargo grade hello-pipe                   grade it again
      cargo grade hint hello-pipe              a hint
      cargo grade explain write-end-left-open  why this happens
    ");
}

#[test]
fn a_narrow_terminal_gets_narrow_lines() {
    let style = Style { width: 40, ..WIDE };
    let text = show(&mixed(), &Subject::Checkout, style);
    insta::assert_snapshot!(text, @"
    00-start  Start  5 / 5
      ✓ hello-grader  5 / 5
        passed

    02-pipes  Pipes  4 / 30
      ✗ hello-pipe  4 / 10
        failed
      ✗ pipe-capacity  0 / 10
        does not compile, extra
      · request-reply  0 / 10
        not attempted

    9 of 35 points: 1 passed, 1 failed, 1
    did not compile, 1 not attempted

    hello-pipe, case 200-kib: a message
    larger than the pipe arrives whole

      A write end of the pipe was left open
      (write-end-left-open, costs 6 points)

      The run never ends: process 1 (the
      parent) sleeps in read on descriptor
      3, and nobody is left who could write
      into the pipe, because the parent
      itself still holds its write end
      (descriptor 4).

      Run it: cargo run -q -p pipes --bin
              hello-pipe -- 204800

      Expected (-) and seen (+)
          the parent is [pid 1]
        - received: hello from [pid 2]
        - and 204800 bytes more, intact

      What to do
        1. Draw which process holds which
           end after `fork`.
        2. Close the write end in every
           process that does not write,
           before the first `read`.

            drop(write_end);

      Also found
        - 200-kib: Nobody waited for a child
          (child-not-reaped)
        - greeting: the same
          (write-end-left-open)
        - greeting: no-text-yet

    Next
      labs/02-pipes/src/bin/hello-pipe.rs
        the file to edit
      cargo grade hello-pipe
        grade it again
      cargo grade hint hello-pipe
        a hint
      cargo grade explain write-end-left-open
        why this happens
    ");
}

#[test]
fn ascii_is_enough() {
    let style = Style {
        unicode: false,
        ..WIDE
    };
    let mut report = mixed();
    report.exercises[1].findings[0].message = "it printed “naïve”".to_owned();
    let text = check(&report, style);
    assert!(text.is_ascii(), "{text}");
    assert!(text.contains("  + hello-grader"), "{text}");
    report.exercises[1].status = Status::Passed;
    report.exercises[2].status = Status::Passed;
    let text = check(&report, style);
    assert!(text.is_ascii(), "{text}");
    assert!(
        text.contains("a question, and its answer - both ways"),
        "{text}"
    );
}

#[test]
fn colors_change_nothing_but_colors() {
    let style = Style {
        colors: true,
        ..WIDE
    };
    let colored = show(&mixed(), &Subject::Checkout, style);
    assert!(colored.contains("\u{1b}[31mfailed\u{1b}[0m"), "{colored:?}");
    // Code loses its backticks where a color says the same.
    let without = console::strip_ansi_codes(&colored).replace('`', "");
    let plain = show(&mixed(), &Subject::Checkout, WIDE).replace('`', "");
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(words(&without), words(&plain));
}

#[test]
fn a_program_cannot_reach_the_terminal() {
    let mut report = mixed();
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\u{202e}";
    let finding = &mut report.exercises[1].findings[0];
    finding.message = format!("seen: {hostile}{}", "A".repeat(100_000));
    finding.place = hostile.to_owned();
    finding.case = hostile.to_owned();
    finding.difference = Some(Difference {
        expected: "the parent is [pid 1]\n".to_owned(),
        seen: format!("{hostile}\n{}\n", "B".repeat(100_000)),
    });
    let text = check(&report, WIDE);
    assert!(text.len() < 8_000, "{}", text.len());
    assert!(
        text.chars()
            .all(|letter| letter == '\n' || !letter.is_control()),
        "{text:?}"
    );
    assert!(!text.contains('\u{202e}'));

    let answer = Verdict {
        compiler: Some(format!(
            "error: {hostile}\n\t--> x.rs\n{}",
            "line\n".repeat(1_000)
        )),
        ..verdict("hello-pipe", Status::DoesNotCompile, 0, 10)
    };
    let text = show(&report_of(answer), &Subject::Checkout, WIDE);
    assert!(
        text.chars()
            .all(|letter| letter == '\n' || !letter.is_control()),
        "{text:?}"
    );
    assert!(text.contains("lines more"), "{text}");
}

fn report_of(verdict: Verdict) -> Report {
    report(vec![verdict])
}

#[test]
fn the_compiler_speaks_for_itself() {
    let message = "error[E0425]: cannot find value `pipe` in this scope\n --> labs/02-pipes/src/bin/hello-pipe.rs:20:5\n   |\n20 |     pipe\n   |     ^^^^ not found in this scope\n";
    let answer = Verdict {
        compiler: Some(message.to_owned()),
        ..verdict("hello-pipe", Status::DoesNotCompile, 0, 10)
    };
    insta::assert_snapshot!(check(&report_of(answer), WIDE), @"
    02-pipes  Pipes                     0 / 10
      ✗ hello-pipe  does not compile    0 / 10

    0 of 10 points: 1 did not compile

    hello-pipe does not compile:

    error[E0425]: cannot find value `pipe` in this scope
     --> labs/02-pipes/src/bin/hello-pipe.rs:20:5
       |
    20 |     pipe
       |     ^^^^ not found in this scope

    Next
      labs/02-pipes/src/bin/hello-pipe.rs  the file to edit
      cargo grade hello-pipe               grade it again
    ");
}

#[test]
fn a_beginner_is_welcome() {
    let report = report(vec![
        verdict("hello-grader", Status::NotAttempted, 0, 5),
        verdict("hello-pipe", Status::NotAttempted, 0, 10),
        verdict("pipe-capacity", Status::NotAttempted, 0, 10),
        verdict("request-reply", Status::NotAttempted, 0, 10),
    ]);
    let text = check(&report, WIDE);
    assert!(text.lines().count() < 24);
    insta::assert_snapshot!(text, @"
    This is a course of small Linux programs about processes and how they talk to
    each other. You fill in the gaps; the grader runs your program and says what it
    saw.

    0 of 35 points so far. There are 4 exercises in 2 labs: about 2 hours of work.

    Begin with hello-grader (10 minutes):
      print, and exit with a given code

      labs/00-start/src/bin/hello-grader.rs  edit what is marked TODO
      cargo grade hello-grader               see what came of it
      cargo grade hint hello-grader          when you are stuck

    To look around
      cargo grade watch   grades each time you save, on one screen
      cargo grade list    every exercise
      cargo grade --help  everything that can be typed
    ");
}

#[test]
fn after_what_is_solved_comes_the_next() {
    let mut report = report(vec![
        verdict("hello-grader", Status::Passed, 5, 5),
        verdict("hello-pipe", Status::Passed, 7, 7),
        verdict("pipe-capacity", Status::NotAttempted, 0, 10),
        verdict("request-reply", Status::NotAttempted, 0, 10),
    ]);
    report.exercises[1].points_elsewhere = 3;
    let layer = |name: &str, state| Layer {
        layer: name.to_owned(),
        state,
        refusal: None,
    };
    report.layers = vec![
        layer("pid-namespace", LayerState::Unavailable),
        layer("seccomp", LayerState::Active),
        layer("trace", LayerState::Active),
    ];
    report.notes = vec!["not used: labs/99-mine is no lab of this course".to_owned()];
    insta::assert_snapshot!(check(&report, WIDE), @"
    00-start  Start                        5 / 5
      ✓ hello-grader   passed              5 / 5

    02-pipes  Pipes                        7 / 27
      ✓ hello-pipe     passed              7 / 7
      · pipe-capacity  not attempted       0 / 10   extra
      · request-reply  not attempted       0 / 10

    12 of 32 points: 2 passed, 2 not attempted
    3 more points are decided by cases that need the reference answers, which this
    copy of the course does not have.
    sandbox: reduced on this machine; `cargo grade doctor` says why
    note: not used: labs/99-mine is no lab of this course

    Next comes request-reply (40 minutes, 10 points):
      a question, and its answer – both ways

      labs/02-pipes/src/bin/request-reply.rs  the file to edit
      cargo grade request-reply               grade it
      cargo grade hint request-reply          a hint
    ");
}

#[test]
fn a_part_of_the_course_leads_back_to_the_whole() {
    let text = check(
        &report_of(verdict("hello-pipe", Status::Passed, 10, 10)),
        WIDE,
    );
    insta::assert_snapshot!(text, @"
    02-pipes  Pipes                    10 / 10
      ✓ hello-pipe  passed             10 / 10

    10 of 10 points: 1 passed

    Full points.
      cargo grade  grade everything, and see what is next
    ");
}

#[test]
fn everything_solved_is_said() {
    let report = report(vec![
        verdict("hello-grader", Status::Passed, 5, 5),
        verdict("hello-pipe", Status::Passed, 10, 10),
        verdict("pipe-capacity", Status::Passed, 10, 10),
        verdict("request-reply", Status::Passed, 10, 10),
    ]);
    let text = check(&report, WIDE);
    assert!(
        text.ends_with("Full points. You have solved everything that is here.\n"),
        "{text}"
    );
    let text = show(&report, &Subject::Solutions, WIDE);
    assert!(text.ends_with("4 passed\n\nFull points.\n"), "{text}");
}

#[test]
fn what_was_not_observed_is_explained() {
    let mut unseen = verdict("hello-pipe", Status::NotObserved, 2, 4);
    unseen.cases = vec![CaseVerdict {
        case: "greeting".to_owned(),
        points: 2,
        max_points: 4,
    }];
    insta::assert_snapshot!(check(&report_of(unseen), WIDE), @r#"
    02-pipes  Pipes                     2 / 4
      ? hello-pipe  not observed        2 / 4

    2 of 4 points: 1 not observed
    "Not observed" means: this machine could not collect the evidence that decides
    the points.

    hello-pipe misses points in: greeting (2 of 4 points)

    Next
      labs/02-pipes/src/bin/hello-pipe.rs  the file to edit
      cargo grade hello-pipe               grade it again
    "#);
}

#[test]
fn the_commands_fit_what_was_graded() {
    let answer = Subject::Answer {
        file: PathBuf::from("/tmp/my.rs"),
    };
    let text = show(&mixed(), &answer, WIDE);
    assert!(
        text.contains("cargo grade answer hello-pipe /tmp/my.rs"),
        "{text}"
    );
    let solutions = show(&mixed(), &Subject::Solutions, WIDE);
    assert!(
        solutions.contains("cargo grade --solutions hello-pipe"),
        "{solutions}"
    );
    assert!(!solutions.contains("cargo grade hint"), "{solutions}");
    let folder = Subject::Submission {
        folder: PathBuf::from("alice"),
    };
    let text = show(&mixed(), &folder, WIDE);
    assert!(!text.contains("the file to edit"), "{text}");
    assert!(
        text.contains("cargo grade explain write-end-left-open"),
        "{text}"
    );
}

#[test]
fn nothing_graded_is_no_report_of_success() {
    let text = show(&report(Vec::new()), &Subject::Solutions, WIDE);
    assert_eq!(text, "0 of 0 points: nothing was graded\n");
}
