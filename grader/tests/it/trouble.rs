//! A machine that does not do what it should, and people who want the grader to end: no points are lost, and nothing else.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use nix::sys::signal::{Signal, kill, killpg};

use super::course::Demo;
use super::lesson::{
    Ended, FAILED, NOT_ATTEMPTED, PASSED, RIGHT, WRONG, answer, answered, course, ended, graded,
    grader, start, summary,
};
use super::processes::{
    alive_in, among_others, file_of_run, heeding_signals, imitate, take_from_run, unprivileged,
    wait_until,
};

#[test]
fn without_cargo_nothing_is_graded_and_the_message_says_why() {
    let demo = answered([RIGHT]);
    let mut command = grader(&demo, "");
    command.env_remove("CARGO").env("PATH", "/nonexistent");
    let ended = ended(&demo, &mut command);
    ended.is_refused(
        3,
        &["start cargo", "is Rust installed", "https://rustup.rs"],
    );

    // A cargo that stands in for one that is not there, as rustup's does without a toolchain.
    demo.write("tools/cargo", "#!/bin/sh\nexit 1\n");
    fs::set_permissions(demo.file("tools/cargo"), Permissions::from_mode(0o755)).unwrap();
    let mut command = grader(&demo, "");
    command.env_remove("CARGO").env("PATH", demo.file("tools"));
    let ended = self::ended(&demo, &mut command);
    ended.is_refused(3, &["start cargo", "is Rust installed"]);
}

#[test]
fn a_cargo_that_stands_in_for_another_is_seen_through() {
    // As rustup's, where it is no link to rustup: the toolchain is not where the stand-in is.
    let demo = answered([RIGHT]);
    let cargo = std::env::var("CARGO").unwrap();
    demo.write(
        "tools/cargo",
        &format!("#!/bin/sh\nexec '{cargo}' \"$@\"\n"),
    );
    fs::set_permissions(demo.file("tools/cargo"), Permissions::from_mode(0o755)).unwrap();
    let rustc = Path::new(&cargo).with_file_name("rustc");
    symlink(rustc, demo.file("tools/rustc")).unwrap();
    let path = format!(
        "{}:{}",
        demo.file("tools").display(),
        std::env::var("PATH").unwrap()
    );
    let mut command = grader(&demo, "");
    let ended = ended(&demo, command.env_remove("CARGO").env("PATH", path));
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
}

#[test]
fn a_machine_without_a_linker_costs_no_points() {
    let demo = answered([RIGHT]);
    let cargo = std::env::var("CARGO").unwrap();
    fs::create_dir(demo.file("tools")).unwrap();
    symlink(
        Path::new(&cargo).with_file_name("rustc"),
        demo.file("tools/rustc"),
    )
    .unwrap();
    let mut command = grader(&demo, "");
    let ended = ended(&demo, command.env("PATH", demo.file("tools")));
    ended.is_refused(3, &["not because of an answer", "linker `cc` not found"]);
}

#[test]
fn a_read_only_checkout_is_said_so() {
    let demo = answered([RIGHT]);
    let elsewhere = tempfile::tempdir().unwrap();
    fs::set_permissions(demo.path(), Permissions::from_mode(0o555)).unwrap();
    let mut command = unprivileged(&grader(&demo, "--format json"));
    let refused = ended(&demo, command.env_remove("CARGO_TARGET_DIR"));
    let mut command = unprivileged(&grader(&demo, "--format json"));
    let graded = ended(&demo, command.env("CARGO_TARGET_DIR", elsewhere.path()));
    fs::set_permissions(demo.path(), Permissions::from_mode(0o755)).unwrap();
    refused.is_refused(3, &["target/forklings", "read-only", "CARGO_TARGET_DIR"]);
    assert_eq!(summary(&graded.report()), [PASSED]);
}

#[test]
fn a_strict_umask_changes_nothing() {
    let demo = answered([RIGHT, WRONG]);
    let typed = grader(&demo, "--format json");
    let mut command = Command::new("sh");
    let script = "umask 077; exec \"$@\"";
    command.args(["-c", script, "sh"]).arg(typed.get_program());
    imitate(&mut command, &typed);
    let report = ended(&demo, &mut command).report();
    assert_eq!(summary(&report), [PASSED, FAILED]);
    // What the grader keeps is the caller's alone, as asked for.
    let mode = |name| fs::metadata(demo.file(name)).unwrap().permissions().mode();
    assert_eq!(mode("target/forklings") & 0o077, 0);
}

#[test]
fn a_full_disk_costs_no_points() {
    let demo = answered([RIGHT]);
    // No file may grow beyond so many blocks of 512 bytes: that fails where a full disk does, for every user.
    let limited = |blocks: &str| {
        let typed = grader(&demo, "");
        let mut command = Command::new("sh");
        let script = "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"";
        command
            .args(["-c", script, blocks])
            .arg(typed.get_program());
        imitate(&mut command, &typed);
        ended(&demo, &mut command)
    };
    for (blocks, texts) in [
        // The copy of the course, an object file, the program.
        ("0", ["write", "is the disk full"]),
        ("8", ["build the answers", "is the disk full"]),
        ("200", ["build the answers", "is the disk full"]),
    ] {
        limited(blocks).is_refused(3, &texts);
    }
    let mut command = grader(&demo, "");
    let nowhere = ended(&demo, command.env("TMPDIR", demo.file("nowhere")));
    nowhere.is_refused(3, &["nowhere"]);
    // What could not be written whole is not taken for whole.
    assert_eq!(summary(&graded(&demo, "")), [PASSED]);
}

#[test]
fn a_file_in_place_of_a_folder_is_said_so() {
    for file in ["target", "target/forklings", "target/forklings/programs"] {
        let demo = answered([RIGHT]);
        demo.write(file, "a file");
        let ended = ended(&demo, &mut grader(&demo, ""));
        ended.is_refused(3, &[file, "os error"]);
    }
}

/// A right answer that makes a file, and is one when somebody has removed it.
const PATIENT: &str = "fn main() {\n    std::fs::write(\"started\", \"\").unwrap();\n    \
    while std::path::Path::new(\"started\").exists() {\n        \
    std::thread::sleep(std::time::Duration::from_millis(5));\n    }\n    println!(\"right\");\n}\n";

/// Waits until the patient program runs.
fn wait_for_patient(demo: &Demo) {
    wait_until("the program runs", || {
        file_of_run(demo.path(), "started").is_some()
    });
}

/// A source that the compiler does not come to an end with.
const ENDLESS: &str = "#![allow(long_running_const_eval)]\n\
    const LAST: u64 = {\n    let mut n = 0;\n    while n < u64::MAX {\n        n += 1;\n    }\n    n\n};\n\
    fn main() {\n    println!(\"{LAST}\");\n}\n";

fn is_compiling(demo: &Demo, exercise: &str) -> bool {
    let compiler = format!("--crate-name {exercise} ");
    alive_in(demo.path())
        .iter()
        .any(|it| it.contains(&compiler))
}

#[test]
fn an_interrupted_run_leaves_nothing_and_can_be_repeated() {
    let others = among_others();
    let demo = course(&["a", "b"]);
    demo.write(&answer("a"), PATIENT);
    // From a terminal, a signal goes to all; from a supervisor, to the grader alone.
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let (child, pid) = start(&mut heeding_signals(&grader(&demo, "")));
        wait_for_patient(&demo);
        match signal {
            Signal::SIGTERM => kill(pid, signal).unwrap(),
            _ => killpg(pid, signal).unwrap(),
        }
        Ended::of(&demo, child).is_ended_by(signal);
    }
    let (child, _) = start(&mut grader(&demo, "--format json"));
    wait_for_patient(&demo);
    take_from_run(demo.path(), "started");
    let report = Ended::of(&demo, child).report();
    drop(others);
    assert_eq!(summary(&report), [PASSED, NOT_ATTEMPTED]);
}

#[test]
fn an_interrupted_compilation_leaves_nothing_and_can_be_repeated() {
    let others = among_others();
    let demo = answered([ENDLESS, RIGHT]);
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (child, pid) = start(&mut heeding_signals(&grader(&demo, "")));
        wait_until("the compiler runs", || is_compiling(&demo, "a"));
        match signal {
            Signal::SIGTERM => kill(pid, signal).unwrap(),
            _ => killpg(pid, signal).unwrap(),
        }
        Ended::of(&demo, child).is_ended_by(signal);
    }
    drop(others);
    demo.write(&answer("a"), RIGHT);
    assert_eq!(summary(&graded(&demo, "")), [PASSED, PASSED]);
}

#[test]
fn signals_that_the_grader_was_told_to_ignore_are_ignored() {
    let _others = among_others();
    let demo = course(&["a"]);
    demo.write(&answer("a"), PATIENT);
    let typed = grader(&demo, "--format json");
    let mut command = Command::new("env");
    // A parent that ignores SIGCHLD hands that on as well.
    command
        .arg("--ignore-signal=HUP,CHLD")
        .arg(typed.get_program());
    imitate(&mut command, &typed);
    let (child, pid) = start(&mut command);
    wait_for_patient(&demo);
    killpg(pid, Signal::SIGHUP).unwrap();
    take_from_run(demo.path(), "started");
    let ended = Ended::of(&demo, child);
    assert_eq!(summary(&ended.report()), [PASSED]);
}
