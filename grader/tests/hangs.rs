//! What is said of the mistakes of labs 01 and 02 that hang: which processes, descriptors and objects are to blame.
//!
//! The mistakes are graded as submissions, by the command, as a student's answers are.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::path::Path;

use grader::course::Course;
use grader::verdict::Report;

/// A mistake that hangs, and what is said of it first.
struct Row {
    lab: &'static str,
    exercise: &'static str,
    mistake: &'static str,
    case: &'static str,
    /// Sentence by sentence.
    said: &'static [&'static str],
}

const ROWS: &[Row] = &[
    Row {
        lab: "01-fork-exec-wait",
        exercise: "spawn-workers",
        mistake: "not-parallel",
        case: "four-workers",
        said: &[
            "every process waits for another.",
            "[pid 1] waits in waitpid for [pid 2] to end.",
            "[pid 2] waits in read(3) for data or the end of pipe 1, whose write end is still open in [pid 1] (fd 4) and in [pid 2] itself (fd 4, inherited from [pid 1]).",
            "[pid 1] waits for [pid 2], which waits for [pid 1].",
        ],
    },
    Row {
        lab: "02-pipes",
        exercise: "hello-pipe",
        mistake: "write-end-left-open",
        case: "greeting",
        said: &[
            "nobody is left who could let it go on.",
            "[pid 1] waits in read(3) for data or the end of pipe 1, whose write end is still open in [pid 1] itself (fd 4).",
            "Close fd 4 in [pid 1] before it reads: pipe 1 ends only when nobody has that end open any more.",
        ],
    },
    Row {
        lab: "02-pipes",
        exercise: "hello-pipe",
        mistake: "waited-before-reading",
        case: "200-kib",
        said: &[
            "every process waits for another.",
            "[pid 1] waits in waitpid for [pid 2] to end.",
            "[pid 2] waits in write(4) for room in pipe 1, which is full; its read end is open in [pid 1] (fd 3).",
            "[pid 1] waits for [pid 2], which waits for [pid 1].",
            "Read pipe 1 to its end in [pid 1] before you wait for a child there: nobody else empties it.",
        ],
    },
    Row {
        lab: "02-pipes",
        exercise: "factorial-pipeline",
        mistake: "write-end-left-open",
        case: "four-numbers",
        said: &[
            "every process waits for another.",
            "[pid 1] waits in read(5) for data or the end of pipe 2, whose write end is still open in [pid 3] (fd 6, inherited from [pid 1]).",
            "[pid 3] waits in read(3) for data or the end of pipe 1, whose write end is still open in [pid 3] itself (fd 4, inherited from [pid 1]).",
            "Close fd 4 in [pid 3] before it reads: pipe 1 ends only when nobody has that end open any more.",
        ],
    },
    Row {
        lab: "02-pipes",
        exercise: "factorial-pipeline",
        mistake: "waited-before-reading",
        case: "full-pipes",
        said: &[
            "every process waits for another.",
            "[pid 1] waits in waitpid for [pid 3] to end.",
            "[pid 3] waits in write(5) for room in pipe 2, which is full; its read end is open in [pid 1] (fd 4).",
            "[pid 1] waits for [pid 3], which waits for [pid 1].",
            "Read pipe 2 to its end in [pid 1] before you wait for a child there: nobody else empties it.",
        ],
    },
    Row {
        lab: "02-pipes",
        exercise: "request-reply",
        mistake: "write-end-left-open",
        case: "hang-up",
        said: &[
            "every process waits for another.",
            "[pid 1] waits in waitpid for [pid 2] to end.",
            "[pid 2] waits in recv(5) for data or the end of socket 1, whose other end is still open in [pid 2] itself (fd 3, inherited from [pid 1]).",
            "Close fd 3 in [pid 2] before it reads: socket 1 ends only when nobody has that end open any more.",
        ],
    },
    Row {
        lab: "02-pipes",
        exercise: "request-reply",
        mistake: "deadlock-both-reading",
        case: "three-commands",
        said: &[
            "every process waits for another.",
            "[pid 1] waits in recv(4) for data or the end of socket 1, whose other end is still open in [pid 2] (fd 3; fd 4, inherited from [pid 1]).",
            "[pid 2] waits in recv(3) for data or the end of socket 1, whose other end is still open in [pid 1] (fd 3; fd 4).",
            "[pid 1] waits for [pid 2], which waits for [pid 1].",
            "[pid 1] and [pid 2] both read first: one of them must write.",
        ],
    },
    Row {
        lab: "02-pipes",
        exercise: "shell-pipeline",
        mistake: "write-end-left-open",
        case: "three-commands",
        said: &[
            "every process waits for another.",
            "[pid 1] waits in waitpid for [pid 3] to end.",
            "[pid 3] waits in read(0) for data or the end of pipe 1, whose write end is still open in [pid 1] (fd 4).",
            "[pid 4] waits in read(0) for data or the end of pipe 2, whose write end is still open in [pid 1] (fd 6) and in [pid 3] (fd 1).",
            "[pid 1] waits for [pid 3], which waits for [pid 1].",
            "Close fd 4 in [pid 1] before it waits: pipe 1 ends only when nobody has that end open any more.",
        ],
    },
    Row {
        lab: "02-pipes",
        exercise: "shell-pipeline",
        mistake: "stages-run-in-turn",
        case: "200-kib",
        said: &[
            "every process waits for another.",
            "[pid 1] waits in waitpid for [pid 2] to end.",
            "[pid 2] waits in write(1) for room in pipe 1, which is full; its read end is open in [pid 1] (fd 3).",
            "[pid 1] waits for [pid 2], which waits for [pid 1].",
        ],
    },
    Row {
        lab: "02-pipes",
        exercise: "shell-pipeline",
        mistake: "writer-blocked-full-pipe",
        case: "yes-head",
        said: &[
            "every process waits for another.",
            "[pid 1] waits in waitpid for [pid 2] to end.",
            "[pid 2] waits in write(1) for room in pipe 1, which is full; its read end is open in [pid 1] (fd 3).",
            "[pid 1] waits for [pid 2], which waits for [pid 1].",
        ],
    },
    Row {
        lab: "02-pipes",
        exercise: "prime-sieve",
        mistake: "write-end-left-open",
        case: "up-to-30",
        said: &[
            "every process waits for another.",
            "[pid 1] waits in waitpid for [pid 2] to end.",
            "[pid 2] waits in waitpid for [pid 3] to end.",
            "[pid 3] waits in read(4) for data or the end of pipe 2, whose write end is still open in [pid 3] itself (fd 5, inherited from [pid 2]) and in [pid 4] (fd 5, inherited from [pid 2]).",
            "[pid 4] waits in read(3) for data or the end of pipe 3, whose write end is still open in [pid 3] (fd 6) and in [pid 4] itself (fd 6, inherited from [pid 3]).",
            "[pid 3] waits for [pid 4], which waits for [pid 3].",
            "Close fd 5 in [pid 3] before it reads: pipe 2 ends only when nobody has that end open any more.",
        ],
    },
];

#[test]
fn mistakes_that_hang_are_told_who_waits_for_whom() {
    let course = Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert!(
        course.has_solutions(),
        "this copy of the course has no solutions/, so there are no mistakes to grade"
    );
    // A submission has one answer to each exercise.
    let mut left: Vec<&Row> = ROWS.iter().collect();
    while !left.is_empty() {
        let mut now: Vec<&Row> = Vec::new();
        left.retain(|row| {
            let is_first = now.iter().all(|it| it.exercise != row.exercise);
            if is_first {
                now.push(row);
            }
            !is_first
        });
        check(&course, &now);
    }
}

/// Grades one mistake of each of several exercises.
fn check(course: &Course, rows: &[&Row]) {
    let submission = tempfile::tempdir().unwrap();
    for row in rows {
        let Row {
            lab,
            exercise,
            mistake,
            ..
        } = row;
        let folder = submission.path().join(format!("labs/{lab}/src/bin"));
        fs::create_dir_all(&folder).unwrap();
        let source = course
            .solutions()
            .join(format!("{lab}/mistakes/{exercise}/{mistake}.rs"));
        fs::copy(source, folder.join(format!("{exercise}.rs"))).unwrap();
    }
    let output = assert_cmd::Command::cargo_bin("grader")
        .unwrap()
        .args(["submission", "--format", "json"])
        .arg(submission.path())
        .current_dir(&course.root)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    for row in rows {
        let mut verdicts = report.exercises.iter();
        let verdict = verdicts.find(|it| it.exercise == row.exercise).unwrap();
        let finding = &verdict.findings[0];
        assert_eq!(finding.diagnosis, row.mistake, "{}", row.exercise);
        assert_eq!(finding.case, row.case, "{} {}", row.exercise, row.mistake);
        let said = format!(
            "expected the program to end; it hangs: {}",
            row.said.join(" ")
        );
        assert_eq!(finding.message, said, "{} {}", row.exercise, row.mistake);
    }
}
