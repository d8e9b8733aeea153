//! Pipes and FIFOs.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::thread;
use std::time::Duration;

use grader::record::{Ending, Record};

use super::super::processes::{among_others, file_of_run, take_from_run, wait_until};
use super::super::rows::{Run, Runner, runner};
use super::{Hang, check};

#[test]
fn who_waits_for_the_end_of_a_pipe_is_told_who_keeps_it_open() {
    check(
        "hang_pipes",
        &Hang {
            args: &["own-end"],
            causes: &["write-end-left-open"],
            said: &[
                "[pid 1] waits in read(3) for data or the end of pipe 1, whose write end is still open in [pid 1] itself (fd 4).",
            ],
        },
    );
    check(
        "hang_pipes",
        &Hang {
            args: &["parent-keeps"],
            causes: &["write-end-left-open", "waited-instead-of-asking"],
            said: &[
                "[pid 1] waits in waitpid for [pid 2] to end.",
                "[pid 2] waits in read(3) for data or the end of pipe 1, whose write end is still open in [pid 1] (fd 4).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_pipes",
        &Hang {
            args: &["sibling-keeps"],
            causes: &[
                "pipe-end-inherited-by-sibling",
                "write-end-left-open",
                "waited-instead-of-asking",
            ],
            said: &[
                "[pid 1] waits in waitpid for [pid 2] to end.",
                "[pid 2] waits in read(3) for data or the end of pipe 1, whose write end is still open in [pid 3] (fd 4, inherited from [pid 1]).",
                "[pid 3] waits in read(5) for data or the end of pipe 2, whose write end is still open in [pid 1] (fd 6).",
                "[pid 1] waits for [pid 2], which waits for [pid 3], which waits for [pid 1].",
            ],
        },
    );
}

#[test]
fn a_third_process_that_is_about_to_write_is_waited_for() {
    check(
        "hang_pipes",
        &Hang {
            args: &["third"],
            causes: &["write-end-left-open", "waited-instead-of-asking"],
            said: &[
                "[pid 1] waits in waitpid for [pid 3] to end.",
                "[pid 2] waits in read(5) for data or the end of pipe 2, whose write end is still open in [pid 2] itself (fd 6).",
                "[pid 3] waits in read(3) for data or the end of pipe 1, whose write end is still open in [pid 1] (fd 4), in [pid 2] (fd 4, inherited from [pid 1]) and in [pid 3] itself (fd 4, inherited from [pid 1]).",
                "[pid 1] waits for [pid 3], which waits for [pid 1].",
            ],
        },
    );
}

#[test]
fn who_writes_into_a_full_pipe_is_told_who_could_empty_it() {
    check(
        "hang_pipes",
        &Hang {
            args: &["full"],
            causes: &["waited-before-reading"],
            said: &[
                "[pid 1] waits in waitpid for [pid 2] to end.",
                "[pid 2] waits in write(4) for room in pipe 1, which is full; its read end is open in [pid 1] (fd 3) and in [pid 2] itself (fd 3, inherited from [pid 1]).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_pipes",
        &Hang {
            args: &["both-write"],
            causes: &["deadlock-both-writing"],
            said: &[
                "[pid 1] waits in write(4) for room in pipe 1, which is full; its read end is open in [pid 1] itself (fd 3) and in [pid 2] (fd 3, inherited from [pid 1]).",
                "[pid 2] waits in write(6) for room in pipe 2, which is full; its read end is open in [pid 1] (fd 5) and in [pid 2] itself (fd 5, inherited from [pid 1]).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
}

#[test]
fn two_that_read_first_wait_for_each_other() {
    check(
        "hang_pipes",
        &Hang {
            args: &["both-read"],
            causes: &["write-end-left-open", "deadlock-both-reading"],
            said: &[
                "[pid 1] waits in read(5) for data or the end of pipe 2, whose write end is still open in [pid 1] itself (fd 6) and in [pid 2] (fd 6, inherited from [pid 1]).",
                "[pid 2] waits in read(3) for data or the end of pipe 1, whose write end is still open in [pid 1] (fd 4) and in [pid 2] itself (fd 4, inherited from [pid 1]).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_pipes",
        &Hang {
            args: &["splice"],
            causes: &["write-end-left-open", "deadlock-both-reading"],
            said: &[
                "[pid 1] waits in splice(3) for data or the end of pipe 1, whose write end is still open in [pid 1] itself (fd 4) and in [pid 2] (fd 4, inherited from [pid 1]).",
                "[pid 2] waits in read(5) for data or the end of pipe 2, whose write end is still open in [pid 1] (fd 6) and in [pid 2] itself (fd 6, inherited from [pid 1]).",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
}

#[test]
fn who_opens_a_fifo_is_told_what_is_missing() {
    check(
        "hang_pipes",
        &Hang {
            args: &["fifo-open"],
            causes: &["fifo-open-deadlock", "blocked-in-open"],
            said: &[
                "[pid 1] waits in open(\"box\") for a process that opens this FIFO for writing: nobody does; [pid 2] opens it for reading, too.",
                "[pid 2] waits in open(\"box\") for a process that opens this FIFO for writing: nobody does; [pid 1] opens it for reading, too.",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
    check(
        "hang_pipes",
        &Hang {
            args: &["fifo-crossed"],
            causes: &["fifo-open-deadlock", "blocked-in-open"],
            said: &[
                "[pid 1] waits in open(\"requests\") for a process that opens this FIFO for reading: nobody does.",
                "[pid 2] waits in open(\"replies\") for a process that opens this FIFO for reading: nobody does.",
                "[pid 1] waits for [pid 2], which waits for [pid 1].",
            ],
        },
    );
}

#[test]
fn who_reads_from_a_fifo_is_told_who_keeps_it_open() {
    check(
        "hang_pipes",
        &Hang {
            args: &["fifo-read"],
            causes: &["write-end-left-open"],
            said: &[
                "[pid 1] waits in read(3) for data or the end of FIFO `box`, whose write end is still open in [pid 1] itself (fd 3).",
            ],
        },
    );
}

/// Nobody can know when somebody outside the run writes.
#[test]
fn who_waits_for_somebody_outside_the_run_is_not_hung() {
    let _others = among_others();
    let run = Run::of("hang_waits", &["outside"]);
    let mut runner = Runner::start(&mut runner());
    runner.ask(&run.request);
    let folder = run.folder.path();
    wait_until("the program is under way", || {
        file_of_run(folder, "started").is_some()
    });
    let door = file_of_run(folder, "door").unwrap();
    let mut outside = OpenOptions::new()
        .read(true)
        .write(true)
        .open(door)
        .unwrap();
    take_from_run(folder, "started");
    // Not to wait for anything, but to let the runner look often enough.
    thread::sleep(Duration::from_millis(500));
    outside.write_all(b"!").unwrap();
    let record: Record = serde_json::from_slice(&runner.output().stdout).unwrap();
    assert_eq!(record.ending, Ending::Exited { code: 0 }, "{record:#?}");
}
