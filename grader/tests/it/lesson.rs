//! A course of one lab whose exercises must print "right", and the grader at work in it with real cargo.

use std::fs;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};

use grader::verdict::{Report, Status, Verdict};
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use super::course::Demo;
use super::processes::{among_others, assert_nobody_in, output_of};

pub(crate) const STUB: &str = "fn main() {\n    todo!(\"print it\")\n}\n";
pub(crate) const RIGHT: &str = "fn main() {\n    println!(\"right\");\n}\n";
pub(crate) const WRONG: &str = "fn main() {\n    println!(\"wrong\");\n}\n";
pub(crate) const REFUSED: &str = "fn main() {\n    printline(\"right\");\n}\n";

/// A course with these exercises, untouched. Each has one case, worth four points.
pub(crate) fn course(exercises: &[&str]) -> Demo {
    let demo = Demo::new();
    let mut description = "title = \"Demo\"\nsummary = \"What is right.\"\n".to_owned();
    for name in exercises {
        description.push_str(&format!(
            "[[exercise]]\nname = \"{name}\"\ntitle = \"what is right\"\nlevel = \"core\"\nminutes = 1\n\
             hints = [\"a\", \"b\", \"c\"]\ndiagnoses = []\n\
             [[exercise.case]]\nname = \"only\"\nshows = \"it is right\"\npoints = 4\n"
        ));
        demo.write(&format!("labs/10-demo/harness/stubs/{name}.rs"), STUB);
        demo.write(&answer(name), STUB);
        let snapshot = format!("labs/10-demo/expected/{name}@only.snap");
        demo.write(&snapshot, "---\nsource: x\n---\nright\n");
    }
    demo.write("labs/10-demo/lab.toml", &description);
    let package = "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                   [lib]\npath = \"harness/lib.rs\"\n";
    demo.write("labs/10-demo/Cargo.toml", package);
    demo.write("labs/10-demo/harness/lib.rs", "");
    fs::create_dir(demo.file("tmp")).unwrap();
    demo
}

/// A course with these answers, in which each exercise is named after its place: `a`, `b`, ...
pub(crate) fn answered<const N: usize>(answers: [&str; N]) -> Demo {
    let demo = course(&["a", "b", "c", "d", "e", "f"][..N]);
    for (name, text) in ["a", "b", "c", "d", "e", "f"].iter().zip(answers) {
        demo.write(&answer(name), text);
    }
    demo
}

pub(crate) fn answer(exercise: &str) -> String {
    format!("labs/10-demo/src/bin/{exercise}.rs")
}

/// The grader, with everything that it and its programs make in the course's folder.
pub(crate) fn grader(demo: &Demo, typed: &str) -> Command {
    let mut command = demo.grader(typed);
    command.env("TMPDIR", demo.file("tmp"));
    command
}

/// How the grader ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A grader under way, in a process group of its own, as a shell starts it.
pub(crate) fn start(command: &mut Command) -> (Child, Pid) {
    command.process_group(0).stdin(Stdio::null());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = child.spawn().unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    (child, pid)
}

/// Runs the grader to its end.
#[track_caller]
pub(crate) fn ended(demo: &Demo, command: &mut Command) -> Ended {
    let _others = among_others();
    let (child, _) = start(command);
    Ended::of(demo, child)
}

impl Ended {
    /// Waits for a grader's end, after which nothing of its runs is left: no process, no file.
    #[track_caller]
    pub(crate) fn of(demo: &Demo, child: Child) -> Self {
        let output = output_of(child);
        assert_nobody_in(demo.path());
        let ended = Self {
            status: output.status,
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        };
        let left: Vec<_> = fs::read_dir(demo.file("tmp")).unwrap().collect();
        assert!(left.is_empty(), "{left:?} after {ended:?}");
        ended
    }

    /// The report, where there is one.
    #[track_caller]
    pub(crate) fn report(&self) -> Report {
        let graded = matches!(self.status.code(), Some(0 | 1));
        assert!(graded, "{self:?}");
        assert_eq!(self.err, "");
        serde_json::from_str(&self.out).unwrap()
    }

    /// Checks that there is no report, but this exit code and a message with all these texts.
    #[track_caller]
    pub(crate) fn is_refused(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.status.code(), Some(code), "{self:?}");
        assert_eq!(self.out, "");
        assert!(self.err.starts_with("error: failed to "), "{self:?}");
        for text in texts {
            assert!(self.err.contains(text), "no {text:?} in {self:?}");
        }
    }

    #[track_caller]
    pub(crate) fn is_ended_by(&self, signal: Signal) {
        assert_eq!(self.status.signal(), Some(signal as i32), "{self:?}");
        assert_eq!(self.out, "");
        assert_eq!(self.err, "interrupted: there is no report\n");
    }
}

/// Grades, and returns the report.
#[track_caller]
pub(crate) fn graded(demo: &Demo, typed: &str) -> Report {
    ended(demo, &mut grader(demo, &format!("{typed} --format json"))).report()
}

/// Each exercise's status and points.
pub(crate) fn summary(report: &Report) -> Vec<(Status, u32)> {
    let verdicts = report.exercises.iter();
    verdicts.map(|it| (it.status, it.points)).collect()
}

pub(crate) const PASSED: (Status, u32) = (Status::Passed, 4);
pub(crate) const FAILED: (Status, u32) = (Status::Failed, 0);
pub(crate) const NOT_COMPILED: (Status, u32) = (Status::DoesNotCompile, 0);
pub(crate) const NOT_ATTEMPTED: (Status, u32) = (Status::NotAttempted, 0);

#[track_caller]
pub(crate) fn diagnosis(verdict: &Verdict) -> &str {
    &verdict.findings[0].diagnosis
}
