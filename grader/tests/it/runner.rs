//! The runner against programs that misbehave: what the record must say of each, and that nothing survives.
//!
//! Each program has one beside it that is nearly the same, and right.

use std::fs;
use std::io::Write as _;
use std::process::Command;

use grader::record::{Ending, Leftover, Limit, Mode, ObjectKind, Record};
use grader::sandbox::RUNNER_ARGUMENT;

use super::processes::{
    alive_in, alone, among_others, assert_nobody_in, file_of_run, mode, take_from_run,
    unprivileged, wait_until,
};
use super::rows::{
    GRADER, Left, OUTPUT, Row, Run, Runner, Stdout, check, done, exceeded, runner, silent,
};

const SIGKILL: i32 = 9;

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
fn descriptors_and_files_have_limits() {
    check(&Row {
        stdout: Stdout::Exactly(b"64 open, then: Too many open files (os error 24)\n"),
        ..silent("limits", &["descriptors"])
    });
    check(&Row {
        ending: exceeded(Limit::FileSize),
        ..silent("limits", &["file", "1048577"])
    });
    check(&done("limits", &["file", "1048576"]));
}

#[test]
fn memory_has_a_limit() {
    check(&Row {
        request: |request| request.memory_bytes = 256 << 20,
        ending: exceeded(Limit::Memory),
        stderr: "memory allocation of 268435456 bytes failed",
        ..silent("limits", &["memory", "268435456"])
    });
    check(&Row {
        request: |request| request.memory_bytes = 256 << 20,
        ..done("limits", &["memory", "134217728"])
    });
    // Each thread reserves addresses for what it may allocate: that is no memory yet.
    check(&Row {
        request: |request| request.memory_bytes = 128 << 20,
        ..done("limits", &["threads", "24"])
    });
}

#[test]
fn files_together_have_a_limit_where_they_are_the_run_s_own() {
    let many = match mode() {
        Mode::Full => Row {
            ending: exceeded(Limit::Disk),
            stderr: "No space left on device (os error 28)\n",
            ..silent("limits", &["files", "6"])
        },
        // On the host they are on the host's disk: the record says so by its layers.
        Mode::Reduced | Mode::None => done("limits", &["files", "6"]),
    };
    check(&Row {
        request: |request| request.disk_bytes = 4 << 20,
        ..many
    });
    check(&Row {
        request: |request| request.disk_bytes = 4 << 20,
        ..done("limits", &["files", "3"])
    });
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
        // However long it takes to print so much.
        request: |request| request.expected_orphans = 1,
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
fn who_waits_for_its_alarm_is_not_hung() {
    const SIGALRM: i32 = 14;
    check(&Row {
        ending: Ending::Signaled { signal: SIGALRM },
        ..silent("naps", &["alarm-kills"])
    });
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
    // As somebody else's program would have it.
    let own = tempfile::Builder::new()
        .prefix(&format!("{name}-own"))
        .tempfile_in("/dev/shm")
        .unwrap();
    let own_name = own.path().file_name().unwrap().to_str().unwrap();
    for (what, left) in [
        ("memory", vec![format!("/{name}")]),
        ("memory-linked", vec![format!("/{name}")]),
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
        assert_eq!(names, [own_name], "{what}");
    }
}

#[test]
fn what_others_leave_meanwhile_is_neither_listed_nor_removed() {
    let _alone = alone();
    let run = Run::of("leaves", &["nothing"]);
    let mut runner = Runner::start(&mut runner());
    runner.ask(&run.request);
    let folder = run.folder.path();
    wait_until("the program is under way", || {
        file_of_run(folder, "started").is_some()
    });
    let left = tempfile::Builder::new()
        .prefix("forklings-test-")
        .tempfile_in("/dev/shm")
        .unwrap()
        .into_temp_path();
    take_from_run(folder, "started");
    let record: Record = serde_json::from_slice(&runner.output().stdout).unwrap();
    assert_eq!(record.leftovers, []);
    assert!(left.exists());
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
    own group true
    session of the runner true
    shares the CPU with the runner true
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
        let folder = run.folder.path();
        wait_until("the program is under way", || {
            file_of_run(folder, sign).is_some()
        });
        // The orphan's parent has closed its pipe, and may still be about to end.
        wait_until("nobody else is there", || {
            alive_in(run.folder.path()).len() == 1
        });
        let output = runner.let_go();
        assert_nobody_in(run.folder.path());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(output.stdout, b"");
    }
}

#[test]
fn a_program_that_is_not_there_is_said_so() {
    let mut run = Run::of("ending", &[]);
    run.request.program = Some(run.folder.path().join("nothing"));
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
        runner.lifeline.write_all(text.as_bytes()).unwrap();
        let output = runner.let_go();
        assert_eq!(output.status.code(), Some(1), "{text:?}: {output:?}");
        assert_eq!(output.stdout, b"");
    }
}
