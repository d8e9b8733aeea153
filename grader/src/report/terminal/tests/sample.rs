//! A course, texts and reports made by hand.

use std::path::PathBuf;

use crate::course::{Course, Diagnosis, Lab};
use crate::report::Texts;
use crate::report::style::Style;
use crate::verdict::{Difference, Finding, REPORT_SCHEMA, Report, Status, Verdict};

const PIPES: &str = r#"
title = "Pipes"
summary = "Processes that talk through pipes."

[[exercise]]
name = "hello-pipe"
title = "one message from a child to its parent"
level = "core"
minutes = 20
hints = ["a", "b", "c"]
diagnoses = []
[[exercise.case]]
name = "greeting"
shows = "a short message reaches the parent"
points = 4
[[exercise.case]]
name = "200-kib"
shows = "a message larger than the pipe arrives whole"
points = 6

[[exercise]]
name = "pipe-capacity"
title = "how much fits into a pipe"
level = "extra"
minutes = 30
hints = ["a", "b", "c"]
diagnoses = []
[[exercise.case]]
name = "capacity"
shows = "a full pipe is noticed"
points = 10

[[exercise]]
name = "request-reply"
title = "a question, and its answer – both ways"
level = "core"
minutes = 40
hints = ["a", "b", "c"]
diagnoses = []
[[exercise.case]]
name = "one"
shows = "one question"
points = 10
"#;

const START: &str = r#"
title = "Start"
summary = "How an exercise works."

[[exercise]]
name = "hello-grader"
title = "print, and exit with a given code"
level = "core"
minutes = 10
hints = ["a", "b", "c"]
diagnoses = []
[[exercise.case]]
name = "hello"
shows = "it prints"
points = 5
"#;

pub(super) const WIDE: Style = Style {
    width: 80,
    colors: false,
    unicode: true,
};

pub(super) fn course() -> Course {
    let lab = |folder: &str, text: &str| Lab {
        folder: folder.to_owned(),
        package: folder[3..].to_owned(),
        path: PathBuf::from("/course/labs").join(folder),
        description: toml::from_str(text).unwrap(),
    };
    Course {
        root: PathBuf::from("/course"),
        labs: vec![lab("00-start", START), lab("02-pipes", PIPES)],
    }
}

pub(super) fn texts() -> Texts {
    let mut texts = Texts::default();
    let text = |name: &str, title: &str, cure: &str| Diagnosis {
        name: name.to_owned(),
        title: title.to_owned(),
        summary: "Summary.".to_owned(),
        cure: cure.to_owned(),
        markdown: String::new(),
    };
    texts.insert(
        "02-pipes",
        text(
            "write-end-left-open",
            "A write end of the pipe was left open",
            "1. Draw which process holds which end after `fork`.\n2. Close the write end in every process that does not write,\n   before the first `read`.\n\n```rust\ndrop(write_end);\n```",
        ),
    );
    texts.insert(
        "02-pipes",
        text(
            "child-not-reaped",
            "Nobody waited for a child",
            "Call `waitpid`.",
        ),
    );
    texts
}

pub(super) fn verdict(exercise: &str, status: Status, earned: u32, max_points: u32) -> Verdict {
    let lab = if exercise == "hello-grader" {
        "00-start"
    } else {
        "02-pipes"
    };
    Verdict {
        lab: lab.to_owned(),
        exercise: exercise.to_owned(),
        file: None,
        status,
        points: earned,
        max_points,
        cases: Vec::new(),
        findings: Vec::new(),
        compiler: None,
        points_elsewhere: 0,
    }
}

pub(super) fn report(exercises: Vec<Verdict>) -> Report {
    Report {
        schema: REPORT_SCHEMA.to_owned(),
        points: exercises.iter().map(|it| it.points).sum(),
        max_points: exercises.iter().map(|it| it.max_points).sum(),
        layers: Vec::new(),
        exercises,
        notes: Vec::new(),
    }
}

pub(super) fn finding(case: &str, diagnosis: &str, message: &str, lost: u32) -> Finding {
    Finding {
        case: case.to_owned(),
        diagnosis: diagnosis.to_owned(),
        message: message.to_owned(),
        place: String::new(),
        points_lost: lost,
        difference: None,
    }
}

/// A class of answers that shows every status.
pub(super) fn mixed() -> Report {
    let mut failed = verdict("hello-pipe", Status::Failed, 4, 10);
    let mut first = finding(
        "200-kib",
        "write-end-left-open",
        "The run never ends: process 1 (the parent) sleeps in read on descriptor 3, and nobody is left who could write into the pipe, because the parent itself still holds its write end (descriptor 4).",
        6,
    );
    first.place = "run it: cargo run -q -p pipes --bin hello-pipe -- 204800".to_owned();
    first.difference = Some(Difference {
        expected:
            "the parent is [pid 1]\nreceived: hello from [pid 2]\nand 204800 bytes more, intact\n"
                .to_owned(),
        seen: "the parent is [pid 1]\n".to_owned(),
    });
    failed.findings = vec![
        first,
        finding("200-kib", "child-not-reaped", "One process is left.", 0),
        finding("greeting", "write-end-left-open", "It hangs.", 0),
        finding("greeting", "no-text-yet", "What?", 0),
    ];
    report(vec![
        verdict("hello-grader", Status::Passed, 5, 5),
        failed,
        verdict("pipe-capacity", Status::DoesNotCompile, 0, 10),
        verdict("request-reply", Status::NotAttempted, 0, 10),
    ])
}
