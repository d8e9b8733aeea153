//! The runner against programs that misbehave: what the record must say of each, and that nothing survives.
//!
//! Each program has one beside it that is nearly the same, and right.

use std::fs::{self, Permissions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;

use grader::record::{Ending, Leftover, Limit, ObjectKind, RECORD_VERSION, Record};
use grader::sandbox::{RUNNER_ARGUMENT, RunRequest};
use tempfile::TempDir;

use super::processes::{
    DEADLINE, alive_in, alone, among_others, assert_nobody_in, program, unprivileged, wait_until,
};

const GRADER: &str = env!("CARGO_BIN_EXE_grader");

/// Limit of the output in bytes, where a row does not say otherwise.
const OUTPUT: usize = 4096;

const SIGKILL: i32 = 9;

/// A program, and what the record of its run must say.
struct Row<'a> {
    program: &'a str,
    args: &'a [&'a str],
    /// What of the usual request is otherwise.
    request: fn(&mut RunRequest),
    ending: Ending,
    stdout: Stdout<'a>,
    /// The processes that nobody in the run waited for, where it ended by itself.
    unreaped: &'a [Left],
    /// The calls that the processes waited in, where the run hung.
    waits: &'a [&'a str],
    /// FIFOs and sockets in the work folder.
    objects: &'a [(ObjectKind, &'a str)],
}

/// What must have been printed.
enum Stdout<'a> {
    Exactly(&'a [u8]),
    MoreThan(usize),
}

/// What became of a process that its parent left.
#[derive(Debug, PartialEq, Eq)]
enum Left {
    /// It ended by itself.
    Ended,
    /// The runner ended it.
    Running,
}

/// A program that does nothing wrong and says "done".
const fn done<'a>(program: &'a str, args: &'a [&'a str]) -> Row<'a> {
    Row {
        stdout: Stdout::Exactly(b"done\n"),
        ..silent(program, args)
    }
}

/// A program that does nothing wrong and says nothing.
const fn silent<'a>(program: &'a str, args: &'a [&'a str]) -> Row<'a> {
    Row {
        program,
        args,
        request: |_| {},
        ending: Ending::Exited { code: 0 },
        stdout: Stdout::Exactly(b""),
        unreaped: &[],
        waits: &[],
        objects: &[],
    }
}

const fn exceeded(limit: Limit) -> Ending {
    Ending::Exceeded { limit }
}

/// Runs the program, and holds the record against the row.
#[track_caller]
fn check(row: &Row<'_>) {
    let _others = among_others();
    let mut run = Run::of(row.program, row.args);
    (row.request)(&mut run.request);
    let record = run.record();
    let what = format!("{} {:?}: {record:#?}", row.program, row.args);
    assert_eq!(record.ending, row.ending, "{what}");
    assert_eq!(record.stderr, b"", "{what}");
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
        let waits = alive.map(|it| it.waits.as_ref().map_or("-", |wait| &wait.call));
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

/// One run of a program, in a folder of its own.
struct Run {
    request: RunRequest,
    folder: TempDir,
}

impl Run {
    fn of(name: &str, args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let request = RunRequest {
            program: program(name),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            stdin: String::new(),
            folder: folder.path().to_path_buf(),
            data: false,
            expected_orphans: 0,
            // No row comes near it, except those that are about it.
            wall_ms: 60_000,
            cpu_seconds: 30,
            output_bytes: OUTPUT,
            processes: 32,
            descriptors: 64,
            file_bytes: 1024 * 1024,
        };
        Self { request, folder }
    }

    fn work(&self) -> std::path::PathBuf {
        self.request.work()
    }

    /// The record of the run, and nothing else: no process survives.
    #[track_caller]
    fn record(&self) -> Record {
        self.record_by(&mut runner())
    }

    /// The same, with the runner started in another way.
    #[track_caller]
    fn record_by(&self, runner: &mut Command) -> Record {
        let mut runner = Runner::start(runner);
        runner.ask(&self.request);
        let output = runner.output();
        assert_nobody_in(self.folder.path());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{:?}: {said}", output.status);
        assert_eq!(said, "");
        let record: Record = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(record.version, RECORD_VERSION);
        record
    }
}

/// The record of a program under the usual limits.
#[track_caller]
pub(crate) fn record_of(program: &str, args: &[&str]) -> Record {
    let _others = among_others();
    Run::of(program, args).record()
}

fn runner() -> Command {
    let mut command = Command::new(GRADER);
    command.arg(RUNNER_ARGUMENT);
    command
}

impl Drop for Run {
    fn drop(&mut self) {
        // Some programs leave folders that only root could remove.
        let _ = fs::set_permissions(self.work().join("shut"), Permissions::from_mode(0o700));
    }
}

/// A runner under way. When the test fails, it ends with its lifeline.
struct Runner {
    child: Child,
}

impl Runner {
    fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        Self { child }
    }

    fn ask(&mut self, request: &RunRequest) {
        let mut line = serde_json::to_vec(request).unwrap();
        line.push(b'\n');
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(&line).unwrap();
    }

    /// What the runner says until it ends, with its lifeline held.
    #[track_caller]
    fn output(mut self) -> Output {
        let mut stdout = self.child.stdout.take().unwrap();
        let mut stderr = self.child.stderr.take().unwrap();
        let (done, is_done) = mpsc::channel();
        thread::spawn(move || {
            let mut said = [Vec::new(), Vec::new()];
            stdout.read_to_end(&mut said[0]).unwrap();
            stderr.read_to_end(&mut said[1]).unwrap();
            let _ = done.send(said);
        });
        let [stdout, stderr] = is_done.recv_timeout(DEADLINE).expect("the runner answers");
        Output {
            status: self.child.wait().unwrap(),
            stdout,
            stderr,
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
fn output_has_a_limit() {
    check(&Row {
        ending: exceeded(Limit::Output),
        stdout: Stdout::MoreThan(OUTPUT),
        ..silent("output", &["without-end"])
    });
    check(&Row {
        ending: exceeded(Limit::Output),
        stdout: Stdout::MoreThan(OUTPUT),
        ..silent("output", &["bytes", "4097"])
    });
    check(&Row {
        stdout: Stdout::Exactly(&[b'x'; OUTPUT]),
        ..silent("output", &["bytes", "4096"])
    });
}

#[test]
fn output_is_bytes() {
    check(&Row {
        stdout: Stdout::Exactly(b"a\0b\xff\xfe\xc3\n\xe2\x82"),
        ..silent("output", &["no-text"])
    });
}

#[test]
fn a_program_is_waited_for_and_not_its_output() {
    check(&Row {
        ending: Ending::Exited { code: 3 },
        stdout: Stdout::Exactly(b"before\n"),
        ..silent("output", &["closed"])
    });
    check(&Row {
        ending: Ending::Exited { code: 9 },
        ..silent("output", &["nowhere"])
    });
}

#[test]
fn cpu_time_has_a_limit() {
    check(&Row {
        request: |request| request.cpu_seconds = 1,
        ending: exceeded(Limit::Cpu),
        ..silent("busy", &["for-ever"])
    });
    check(&Row {
        request: |request| request.cpu_seconds = 1,
        ending: exceeded(Limit::Cpu),
        ..silent("busy", &["deaf"])
    });
    check(&Row {
        request: |request| request.cpu_seconds = 1,
        ..done("busy", &["for-a-while"])
    });
    // The limit is each process's own.
    check(&Row {
        request: |request| request.cpu_seconds = 1,
        stdout: Stdout::Exactly(b"signal 24\n"),
        ..silent("busy", &["in-child"])
    });
}

#[test]
fn wall_clock_time_has_a_limit() {
    for (program, args) in [
        ("busy", &["for-ever"] as &[_]),
        ("ending", &["deaf"]),
        ("ending", &["first-thread", "sleeps"]),
    ] {
        check(&Row {
            request: |request| request.wall_ms = 700,
            ending: exceeded(Limit::Time),
            ..silent(program, args)
        });
    }
}

#[test]
fn a_program_ends_by_itself() {
    check(&Row {
        ending: Ending::Exited { code: 255 },
        ..silent("ending", &["code", "255"])
    });
    check(&Row {
        ending: Ending::Signaled { signal: SIGKILL },
        ..silent("ending", &["signal", "9"])
    });
    // A real-time signal, which many libraries have no name for.
    check(&Row {
        ending: Ending::Signaled { signal: 40 },
        ..silent("ending", &["signal", "40"])
    });
    check(&Row {
        ending: Ending::Signaled { signal: SIGKILL },
        unreaped: &[Left::Ended],
        ..silent("ending", &["group"])
    });
    check(&Row {
        ending: Ending::Exited { code: 7 },
        ..silent("ending", &["first-thread", "exits"])
    });
}

#[test]
fn orphans_are_granted_a_grace() {
    for (what, left) in [
        ("writes", Left::Ended),
        ("sleeps", Left::Running),
        ("hangs", Left::Running),
        ("stops", Left::Running),
        ("daemon", Left::Running),
    ] {
        let stdout: &[u8] = match what {
            "writes" => b"parent\nchild\n",
            _ => b"parent\n",
        };
        check(&Row {
            args: &[what],
            stdout: Stdout::Exactly(stdout),
            unreaped: &[left],
            ..silent("orphan", &[])
        });
    }
}

#[test]
fn an_orphan_that_prints_without_end_exceeds_the_limit() {
    check(&Row {
        ending: exceeded(Limit::Output),
        stdout: Stdout::MoreThan(OUTPUT),
        ..silent("orphan", &["prints"])
    });
}

#[test]
fn orphans_that_belong_to_the_exercise_have_as_long_as_the_program() {
    check(&Row {
        request: |request| request.expected_orphans = 1,
        stdout: Stdout::Exactly(b"parent\nchild\n"),
        unreaped: &[Left::Ended],
        ..silent("orphan", &["writes-late"])
    });
}

#[test]
fn children_that_nobody_waited_for_are_counted() {
    check(&Row {
        unreaped: &[Left::Ended],
        ..silent("children", &["zombie"])
    });
    check(&silent("children", &["reaped"]));
}

#[test]
fn the_number_of_processes_has_a_limit() {
    check(&Row {
        ending: exceeded(Limit::Processes),
        ..silent("children", &["crowd", "2000"])
    });
    // With the program itself as many as are allowed.
    check(&silent("children", &["crowd", "31"]));
}

#[test]
fn who_waits_for_another_that_waits_too_is_hung() {
    for (what, waits) in [
        ("own-pipe", &["read"] as &[_]),
        ("full-pipe", &["waitpid", "write"]),
        ("sockets", &["recv", "recv"]),
        ("mutexes", &["futex"]),
        ("stopped", &["-"]),
        ("stopped-child", &["waitpid", "-"]),
        ("paused", &["pause"]),
        ("signal", &["sigwait"]),
    ] {
        check(&Row {
            args: &[what],
            ending: Ending::Hung,
            waits,
            ..silent("waits", &[])
        });
    }
    check(&Row {
        ending: Ending::Hung,
        waits: &["open"],
        objects: &[(ObjectKind::Fifo, "fifo")],
        ..silent("waits", &["fifo"])
    });
    check(&Row {
        ending: Ending::Hung,
        waits: &["read"],
        ..silent("ending", &["first-thread", "hangs"])
    });
}

#[test]
fn who_waits_for_another_that_answers_is_not_hung() {
    check(&done("waits", &["own-pipe-closed"]));
    check(&done("waits", &["full-pipe-read"]));
    check(&done("waits", &["sockets-answered"]));
    check(&done("waits", &["mutexes-in-order"]));
}

#[test]
fn who_sleeps_for_a_time_is_not_hung() {
    for what in [
        "nanosleep",
        "poll",
        "select",
        "epoll",
        "condition",
        "receive",
        "sigtimedwait",
        "alarm",
        "alarm-waited-for",
        "alarm-read",
        "timer",
        "timer-descriptor",
        "relay",
        "continue",
    ] {
        check(&Row {
            args: &[what],
            ..done("naps", &[])
        });
    }
}

#[test]
fn objects_in_the_work_folder_are_listed() {
    check(&Row {
        objects: &[(ObjectKind::Fifo, "left")],
        ..silent("leaves", &["fifo"])
    });
    check(&Row {
        objects: &[(ObjectKind::Socket, "left")],
        ..silent("leaves", &["socket"])
    });
    check(&silent("leaves", &["fifo-removed"]));
    check(&silent("leaves", &["file"]));
}

#[test]
fn objects_in_a_folder_that_nobody_may_enter_are_listed() {
    let _others = among_others();
    let record = Run::of("leaves", &["shut"]).record_by(&mut unprivileged(&runner()));
    assert_eq!(record.ending, Ending::Exited { code: 0 }, "{record:#?}");
    let name = "shut/left".to_owned();
    let kind = ObjectKind::Fifo;
    assert_eq!(record.leftovers, [Leftover { kind, name }]);
}

#[test]
fn shared_memory_that_a_run_leaves_is_listed_and_removed() {
    let _alone = alone();
    let name = format!("forklings-test-{}", std::process::id());
    let own = Path::new("/dev/shm").join(format!("{name}-own"));
    // As somebody else's program would have it.
    let held = fs::File::create(&own).unwrap();
    for (what, left) in [
        ("memory", vec![format!("/{name}")]),
        ("memory-removed", vec![]),
        ("memory-odd", vec![format!("/{name}\u{fffd}")]),
    ] {
        let record = Run::of("leaves", &[what, &name]).record();
        assert_eq!(record.ending, Ending::Exited { code: 0 }, "{record:#?}");
        let kind = ObjectKind::SharedMemory;
        let left: Vec<Leftover> = left
            .into_iter()
            .map(|name| Leftover { kind, name })
            .collect();
        assert_eq!(record.leftovers, left, "{what}");
        let names = fs::read_dir("/dev/shm").unwrap().flatten();
        let names: Vec<_> = names
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|it| it.starts_with(&name))
            .collect();
        assert_eq!(names, [format!("{name}-own")], "{what}");
    }
    drop(held);
    fs::remove_file(own).unwrap();
}

#[test]
fn a_program_starts_clean_whatever_the_grader_was_started_with() {
    let _others = among_others();
    let mut run = Run::of("shows", &[]);
    run.request.stdin = "one line\n".to_owned();
    let record = run.record_by(
        Command::new("sh")
            .args(["-c", "exec 7</dev/null 9>&2; exec \"$@\"", "sh"])
            .args(["env", "--ignore-signal=PIPE,HUP,INT,TERM,CHLD,USR1"])
            .args(["--block-signal=TERM,CHLD,USR2,RTMIN", "SECRET=1"])
            .args([GRADER, RUNNER_ARGUMENT]),
    );
    assert_eq!(record.ending, Ending::Exited { code: 0 }, "{record:#?}");
    insta::assert_snapshot!(String::from_utf8(record.stdout).unwrap(), @r#"
    descriptors 0 1 2
    SigBlk:0000000000000000
    SigIgn:0000000000000000
    SigCgt:0000000000000000
    group true, session true
    umask 22
    environment HOME LANG PATH RUST_BACKTRACE TMPDIR
    files 0
    input "one line\n"
    "#);
}

#[test]
fn a_program_without_input_reads_its_end() {
    let _others = among_others();
    let record = Run::of("shows", &[]).record();
    let said = String::from_utf8(record.stdout).unwrap();
    assert!(said.ends_with("input \"\"\n"), "{said}");
}

#[test]
fn everything_ends_with_the_lifeline() {
    let _others = among_others();
    for (program, args, sign) in [
        ("ending", &["deaf"] as &[_], "deaf"),
        ("orphan", &["sleeps"], "alone"),
    ] {
        let mut run = Run::of(program, args);
        run.request.wall_ms = u64::MAX / 2000;
        run.request.expected_orphans = 1;
        let mut runner = Runner::start(&mut runner());
        runner.ask(&run.request);
        let file = run.work().join(sign);
        wait_until("the program is under way", || file.exists());
        assert_eq!(alive_in(run.folder.path()).len(), 1);
        drop(runner.child.stdin.take());
        let output = runner.output();
        assert_nobody_in(run.folder.path());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(output.stdout, b"");
    }
}

#[test]
fn a_program_that_is_not_there_is_said_so() {
    let mut run = Run::of("ending", &[]);
    run.request.program = run.folder.path().join("nothing");
    let mut runner = Runner::start(&mut runner());
    runner.ask(&run.request);
    let output = runner.output();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(output.stdout, b"");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("/nothing: No such file"), "{said}");
}

#[test]
fn a_request_that_is_none_is_refused() {
    for text in ["", "{}\n", "no line"] {
        let mut runner = Runner::start(&mut runner());
        let stdin = runner.child.stdin.as_mut().unwrap();
        stdin.write_all(text.as_bytes()).unwrap();
        drop(runner.child.stdin.take());
        let output = runner.output();
        assert_eq!(output.status.code(), Some(1), "{text:?}: {output:?}");
        assert_eq!(output.stdout, b"");
    }
}
