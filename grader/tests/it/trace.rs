//! The tracer: what a program sees of it, what the record says, and that nothing it meets brings it down.

use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use grader::record::{Ending, Record, What};
use grader::sandbox::{RUNNER_ARGUMENT, RunRequest};
use tempfile::TempDir;

use super::processes::{among_others, assert_nobody_in, program};

mod equal;
mod shows;

const GRADER: &str = env!("CARGO_BIN_EXE_grader");

/// How long the longest storm may take on the busiest machine.
const DEADLINE: Duration = Duration::from_secs(600);

/// The uid and gid of nobody.
const NOBODY: &str = "65534";

/// One traced run of a program of `tests/programs`.
struct Run {
    request: RunRequest,
    folder: TempDir,
}

/// What came of a run.
struct Outcome {
    record: Record,
}

impl Run {
    fn of(name: &str, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let request = RunRequest {
            program: Some(program(name)),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            typed: None,
            stdin: String::new(),
            folder: folder.path().to_path_buf(),
            data: false,
            memory: false,
            queues: true,
            plan: grader::trace::interventions::Plan::default(),
            expected_orphans: 0,
            wall_ms: 300_000,
            cpu_seconds: 120,
            output_bytes: 64 * 1024,
            processes: 512,
            descriptors: 64,
            file_bytes: 1024 * 1024,
            memory_bytes: 1 << 31,
            disk_bytes: 64 << 20,
            hidden: Vec::new(),
        };
        Self { request, folder }
    }

    fn with_data(mut self) -> Self {
        self.request.data = true;
        self
    }

    #[track_caller]
    fn outcome(&self) -> Outcome {
        self.outcome_by(&mut Command::new(GRADER))
    }

    /// Runs it with the runner started as given. Nobody survives, and the program was traced.
    #[track_caller]
    fn outcome_by(&self, runner: &mut Command) -> Outcome {
        let _others = among_others();
        let mut runner = runner
            .arg(RUNNER_ARGUMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lifeline = runner.stdin.take().unwrap();
        let mut line = serde_json::to_vec(&self.request).unwrap();
        line.push(b'\n');
        lifeline.write_all(&line).unwrap();
        let mut said = runner.stdout.take().unwrap();
        let mut complaint = runner.stderr.take().unwrap();
        let (done, is_done) = mpsc::channel();
        thread::spawn(move || {
            let (mut record, mut errors) = (Vec::new(), String::new());
            said.read_to_end(&mut record).unwrap();
            complaint.read_to_string(&mut errors).unwrap();
            let _ = done.send((record, errors));
        });
        let answer = is_done.recv_timeout(DEADLINE);
        // Without its lifeline a runner that hangs ends too.
        drop(lifeline);
        let status = runner.wait().unwrap();
        let (record, errors) = answer.expect("the runner answers");
        assert!(status.success(), "{status}: {errors}");
        assert_eq!(errors, "");
        assert_nobody_in(self.folder.path());
        let record: Record = serde_json::from_slice(&record).unwrap();
        assert!(record.traced, "{:?}", record.unobserved);
        Outcome { record }
    }
}

/// The runner needs little, however much it sees.
#[track_caller]
fn assert_little_memory(record: &Record) {
    let peak = record.usage.runner_kib;
    assert!((1..200 * 1024).contains(&peak), "{peak} KiB");
}

fn stdout(record: &Record) -> String {
    String::from_utf8_lossy(&record.stdout).into_owned()
}

/// The number that a storm printed.
#[track_caller]
fn counted(record: &Record) -> usize {
    assert_eq!(record.ending, Ending::Exited { code: 0 });
    assert_eq!(record.stderr, b"");
    stdout(record).trim().parse().unwrap()
}

fn reaps_of(record: &Record, process: usize) -> usize {
    let is_reap = |what: &What| matches!(what, What::Reap { .. });
    let events = record.events.iter();
    events
        .filter(|event| event.process == process && is_reap(&event.what))
        .count()
}

/// What the program of the semantics prints without a tracer: what must be the same, and what is known to differ.
fn observations(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (different, same) = text.lines().partition(|line| line.starts_with("differs"));
    (same, different)
}

#[track_caller]
fn check_observations(native: &mut Command, run: &Run, runner: &mut Command) {
    let native = native.stdin(Stdio::null()).output().unwrap();
    assert!(native.status.success(), "{native:?}");
    let native = String::from_utf8(native.stdout).unwrap();
    let record = run.outcome_by(runner).record;
    let traced = stdout(&record);
    assert_eq!(record.ending, Ending::Exited { code: 0 }, "{traced}");
    let (native, native_only) = observations(&native);
    let (traced, traced_only) = observations(&traced);
    assert_eq!(traced, native);
    assert!(native.len() >= 30);
    let expected = |state, traced| {
        vec![
            format!("differs: a stopped child shows {state}"),
            format!("differs: traced {traced}"),
            format!("differs: PTRACE_TRACEME refused {traced}"),
        ]
    };
    assert_eq!(native_only, expected('T', false));
    assert_eq!(traced_only, expected('t', true));
}

#[test]
fn a_program_sees_the_same_with_and_without_a_tracer() {
    let run = Run::of("trace_semantics", &[]);
    let native = program("trace_semantics");
    check_observations(&mut Command::new(native), &run, &mut Command::new(GRADER));
}

/// Where the tests run as root, the same holds for everybody else.
#[test]
fn an_unprivileged_user_sees_the_same_with_and_without_a_tracer() {
    let mut run = Run::of("trace_semantics", &[]);
    let folder = run.folder.path().to_path_buf();
    // What was built may lie where nobody else may go.
    let copy = |from: &Path, name: &str| -> PathBuf {
        let to = folder.join(name);
        fs::copy(from, &to).unwrap();
        to
    };
    let grader = copy(Path::new(GRADER), "grader");
    let native = copy(&program("trace_semantics"), "program");
    run.request.program = Some(native.clone());
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    let by_nobody = |program: &Path| {
        if nix::unistd::geteuid().is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]);
            command.arg(program);
            command
        } else {
            Command::new(program)
        }
    };
    check_observations(&mut by_nobody(&native), &run, &mut by_nobody(&grader));
}

#[test]
fn ten_thousand_processes_are_all_in_the_record() {
    let outcome = Run::of("trace_storm", &["processes", "10000", "64"]).outcome();
    let record = &outcome.record;
    assert_eq!(counted(record), 10_000);
    assert_eq!(record.processes.len(), 10_001);
    assert!(!record.events_cut);
    assert_eq!(reaps_of(record, 0), 10_000);
    for child in &record.processes[1..] {
        assert_eq!(child.parent, Some(0));
        assert!(child.end.is_some(), "{child:?}");
        assert_eq!(child.reaped.and_then(|it| it.by), Some(0), "{child:?}");
    }
    assert_eq!(record.unreaped, []);
    assert_little_memory(record);
}

#[test]
fn more_events_than_are_kept_are_cut() {
    let outcome = Run::of("trace_storm", &["events", "220000"]).outcome();
    assert_eq!(counted(&outcome.record), 220_000);
    assert!(outcome.record.events_cut);
    assert!(outcome.record.events.len() >= 200_000);
    // That the program ended is known all the same.
    assert!(outcome.record.processes[0].end.is_some());
    assert_little_memory(&outcome.record);
}

#[test]
fn threads_may_fork_and_exec_while_others_run() {
    let record = Run::of("trace_storm", &["threads", "60"]).outcome().record;
    assert_eq!(counted(&record), 60);
    assert_eq!(reaps_of(&record, 0), 60);
    // Each of the sixty makes eight, and some of these make another one. The others, which threads have forked, make none.
    let made: Vec<usize> = record.processes.iter().map(|it| it.threads).collect();
    assert_eq!(made[0], 0);
    assert_eq!(made.iter().filter(|it| **it >= 8).count(), 60);
    assert_eq!(made.iter().filter(|it| **it == 0).count(), made.len() - 60);
}

#[test]
fn stopped_children_may_be_left_behind() {
    let record = Run::of("trace_storm", &["stopped", "5"]).outcome().record;
    assert_eq!(counted(&record), 5);
    assert_eq!(record.unreaped.len(), 5);
    let running = record.unreaped.iter().filter(|it| it.still_running);
    assert_eq!(running.count(), 5);
}

#[test]
fn each_byte_of_output_has_one_writer() {
    let mut run = Run::of("trace_storm", &["writers", "4", "30"]);
    run.request.output_bytes = 4 * 1024 * 1024;
    let record = run.outcome().record;
    assert_eq!(record.ending, Ending::Exited { code: 0 });
    let pieces = record.output_by_writer().unwrap();
    let mut writers = std::collections::BTreeSet::new();
    for piece in pieces {
        assert_eq!(
            piece.by.len(),
            1,
            "{:?} may be of {:?}",
            piece.bytes,
            piece.by
        );
        let process = *piece.by.first().unwrap();
        writers.insert(process);
        // The first child writes the letter a.
        let letter = b'a' + u8::try_from(process - 1).unwrap();
        let bytes = &record.stdout[piece.bytes.clone()];
        assert!(
            bytes.iter().all(|byte| *byte == letter),
            "{:?}",
            piece.bytes
        );
    }
    assert_eq!(writers.len(), 4);
}

/// Killed at any moment: in the middle of fork, exec and exit, and while standing still. `GRADER_KILLS` says how many.
#[test]
fn processes_may_be_killed_at_any_moment() {
    let kills = std::env::var("GRADER_KILLS");
    let kills: u64 = kills.map_or(300, |kills| kills.parse().unwrap());
    // Rounds keep below the number of events that are kept.
    let mut left = kills;
    let mut seed = 7_919;
    while left > 0 {
        let now = left.min(250);
        left -= now;
        seed += 2;
        let args = ["kills", &now.to_string(), &seed.to_string()];
        let record = Run::of("trace_storm", &args).outcome().record;
        let what = format!("{args:?}");
        assert!(!record.events_cut, "{what}");
        assert_eq!(reaps_of(&record, 0), counted(&record), "{what}");
        assert_eq!(record.unreaped, [], "{what}");
        for process in &record.processes {
            assert!(process.end.is_some(), "{what}: {process:?}");
        }
    }
}
