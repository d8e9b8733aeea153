//! One run by the real runner, and the row of a table that its record is held against.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};

use grader::record::{Ending, Limit, ObjectKind, RECORD_VERSION, Record};
use grader::sandbox::{RUNNER_ARGUMENT, RunRequest};
use tempfile::TempDir;

use super::processes::{among_others, assert_nobody_in, output_of, program};

pub(crate) const GRADER: &str = env!("CARGO_BIN_EXE_grader");

/// Limit of the output in bytes, where a row does not say otherwise.
pub(crate) const OUTPUT: usize = 4096;

/// A program, and what the record of its run must say.
pub(crate) struct Row<'a> {
    pub(crate) program: &'a str,
    pub(crate) args: &'a [&'a str],
    /// What of the usual request is otherwise.
    pub(crate) request: fn(&mut RunRequest),
    pub(crate) ending: Ending,
    pub(crate) stdout: Stdout<'a>,
    pub(crate) stderr: &'a str,
    /// The processes that nobody in the run waited for, where it ended by itself.
    pub(crate) unreaped: &'a [Left],
    /// The calls that the processes waited in, where the run hung.
    pub(crate) waits: &'a [&'a str],
    /// FIFOs and sockets in the work folder.
    pub(crate) objects: &'a [(ObjectKind, &'a str)],
}

/// What must have been printed.
pub(crate) enum Stdout<'a> {
    Exactly(&'a [u8]),
    MoreThan(usize),
}

/// What became of a process that its parent left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// It ended by itself.
    Ended,
    /// The runner ended it.
    Running,
}

/// A program that does nothing wrong and says "done".
pub(crate) const fn done<'a>(program: &'a str, args: &'a [&'a str]) -> Row<'a> {
    Row {
        stdout: Stdout::Exactly(b"done\n"),
        ..silent(program, args)
    }
}

/// A program that does nothing wrong and says nothing.
pub(crate) const fn silent<'a>(program: &'a str, args: &'a [&'a str]) -> Row<'a> {
    Row {
        program,
        args,
        request: |_| {},
        ending: Ending::Exited { code: 0 },
        stdout: Stdout::Exactly(b""),
        stderr: "",
        unreaped: &[],
        waits: &[],
        objects: &[],
    }
}

pub(crate) const fn exceeded(limit: Limit) -> Ending {
    Ending::Exceeded { limit }
}

/// Runs the program, and holds the record against the row.
#[track_caller]
pub(crate) fn check(row: &Row<'_>) {
    let _others = among_others();
    let mut run = Run::of(row.program, row.args);
    (row.request)(&mut run.request);
    let record = run.record();
    let what = format!("{} {:?}: {record:#?}", row.program, row.args);
    assert_eq!(record.ending, row.ending, "{what}");
    let stderr = String::from_utf8_lossy(&record.stderr);
    // The standard library adds advice of its own.
    assert!(stderr.contains(row.stderr), "{what}");
    assert_eq!(stderr.is_empty(), row.stderr.is_empty(), "{what}");
    match row.stdout {
        Stdout::Exactly(bytes) => assert_eq!(record.stdout, bytes, "{what}"),
        Stdout::MoreThan(count) => assert!(record.stdout.len() > count, "{what}"),
    }
    let objects: Vec<_> = record
        .leftovers
        .iter()
        .map(|object| (object.kind, object.name.as_str()))
        .collect();
    assert_eq!(objects, row.objects, "{what}");
    if let Ending::Exited { .. } | Ending::Signaled { .. } = row.ending {
        assert_eq!(left(&record), row.unreaped, "{what}");
    }
    if row.ending == Ending::Hung {
        let alive = record.alive.iter();
        let waits = alive.map(|it| it.wait().map_or("-", |wait| &wait.call));
        assert_eq!(waits.collect::<Vec<_>>(), row.waits, "{what}");
    }
    if row.ending != exceeded(Limit::Time) {
        let time = record.usage.wall_us + record.usage.teardown_us;
        assert!(time < run.request.wall_ms * 1000, "{what}");
    }
}

fn left(record: &Record) -> Vec<Left> {
    let left = record.unreaped.iter().map(|process| {
        if process.still_running {
            Left::Running
        } else {
            Left::Ended
        }
    });
    left.collect()
}

/// One run of a program, in a folder that has the run's own.
pub(crate) struct Run {
    pub(crate) request: RunRequest,
    pub(crate) folder: TempDir,
}

impl Run {
    pub(crate) fn of(name: &str, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let request = RunRequest {
            program: Some(program(name)),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            typed: None,
            stdin: String::new(),
            data: false,
            memory: false,
            queues: true,
            plan: grader::trace::interventions::Plan::default(),
            folder: folder.path().to_path_buf(),
            expected_orphans: 0,
            // No row comes near it, except those that are about it.
            wall_ms: 60_000,
            cpu_seconds: 30,
            output_bytes: OUTPUT,
            processes: 32,
            descriptors: 64,
            file_bytes: 1024 * 1024,
            memory_bytes: 1 << 31,
            disk_bytes: 64 << 20,
            hidden: Vec::new(),
        };
        Self { request, folder }
    }

    /// The record of the run, and nothing else: no process survives.
    #[track_caller]
    pub(crate) fn record(&self) -> Record {
        self.record_by(&mut runner())
    }

    /// The same, with the runner started in another way.
    #[track_caller]
    pub(crate) fn record_by(&self, runner: &mut Command) -> Record {
        let mut runner = Runner::start(runner);
        runner.ask(&self.request);
        let output = runner.output();
        assert_nobody_in(self.folder.path());
        assert_empty(self.folder.path());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:?}: {said}", output.status);
        assert_eq!(said, "");
        let record: Record = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(record.version, RECORD_VERSION);
        record
    }
}

/// Checks that the run's own folder has gone.
#[track_caller]
fn assert_empty(folder: &Path) {
    let left: Vec<_> = fs::read_dir(folder).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The record of a program under the usual limits.
#[track_caller]
pub(crate) fn record_of(program: &str, args: &[&str]) -> Record {
    let _others = among_others();
    Run::of(program, args).record()
}

pub(crate) fn runner() -> Command {
    let mut command = Command::new(GRADER);
    command.arg(RUNNER_ARGUMENT);
    command
}

/// A runner under way, with its lifeline.
pub(crate) struct Runner {
    child: Child,
    pub(crate) lifeline: ChildStdin,
}

impl Runner {
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lifeline = child.stdin.take().unwrap();
        Self { child, lifeline }
    }

    pub(crate) fn ask(&mut self, request: &RunRequest) {
        let mut line = serde_json::to_vec(request).unwrap();
        line.push(b'\n');
        self.lifeline.write_all(&line).unwrap();
    }

    /// What the runner says until it ends by itself.
    #[track_caller]
    pub(crate) fn output(self) -> Output {
        let Self { child, lifeline } = self;
        let output = output_of(child);
        drop(lifeline);
        output
    }

    /// What the runner says when its lifeline ends.
    #[track_caller]
    pub(crate) fn let_go(self) -> Output {
        let Self { child, lifeline } = self;
        drop(lifeline);
        output_of(child)
    }
}
