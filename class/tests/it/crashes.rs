//! Whatever ends a run or its workers: nothing is lost, and nobody gets a zero for it.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use grader::cache::Key;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::demo::{BROKEN, Demo, Ended, RIGHT, WRONG, descendants_with};

/// How long a condition may take to come true on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const WORKER: &str = "--class-worker";

#[track_caller]
fn wait_until(what: &str, mut is_true: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_true() {
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn class(students: usize) -> Demo {
    let demo = Demo::new();
    for number in 0..students {
        let texts = [RIGHT, WRONG, BROKEN];
        let id = format!("s{number:02}");
        for (at, exercise) in ["one", "two"].into_iter().enumerate() {
            let text = texts[(number + at * number / 3) % 3];
            demo.submit(&id, exercise, &format!("{text}// {id}\n"));
        }
    }
    demo
}

fn start(demo: &Demo, more: &[&str]) -> Child {
    let mut command = demo.command(more);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn pid_of(child: &Child) -> Pid {
    Pid::from_raw(i32::try_from(child.id()).unwrap())
}

/// Kills class runs at random moments until one comes to its end: the result is that of a run that nobody disturbed.
#[test]
fn a_run_that_is_killed_at_any_moment_goes_on() {
    let demo = class(12);
    demo.grade(&["--jobs", "2"]).with(0);
    let undisturbed = demo.outputs();
    let rounds: usize = std::env::var("KILLS").map_or(4, |it| it.parse().unwrap());
    for round in 0..rounds {
        fs::remove_dir_all(demo.path("out")).unwrap();
        // Verdicts that are remembered would leave nothing to kill.
        for number in 0..2 {
            let verdicts = format!("course/target/forklings/class/{number}/forklings/verdicts");
            let _ = fs::remove_dir_all(demo.path(&verdicts));
        }
        let draw = |what: &str| {
            let name = Key::of("kill/1").with(format!("{round}/{what}")).name();
            u64::from_str_radix(&name[..8], 16).unwrap()
        };
        let mut child = start(&demo, &["--jobs", "2"]);
        // A random moment: after so many results, and some microseconds more.
        let results = usize::try_from(draw("results") % 12).unwrap();
        wait_until("a result", || {
            demo.results() >= results || child.try_wait().unwrap().is_some()
        });
        std::thread::sleep(Duration::from_micros(draw("moment") % 300_000));
        child.kill().unwrap();
        child.wait().unwrap();
        demo.grade(&["--jobs", "2"]).with(0);
        assert_eq!(demo.outputs(), undisturbed, "round {round}");
    }
}

#[test]
fn an_interrupted_run_says_so_and_goes_on() {
    let demo = class(8);
    let child = start(&demo, &["--jobs", "1"]);
    wait_until("a result", || demo.results() >= 2);
    kill(pid_of(&child), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    use std::os::unix::process::ExitStatusExt as _;
    assert_eq!(
        output.status.signal(),
        Some(Signal::SIGINT as i32),
        "{output:?}"
    );
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.starts_with("interrupted: ") && said.contains("of 8 have results"),
        "{said}"
    );
    assert!(!demo.path("out/gradebook.csv").exists());
    let kept: Vec<(PathBuf, std::time::SystemTime)> = fs::read_dir(demo.path("out/results"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().extension().is_some())
        .map(|entry| (entry.path(), entry.metadata().unwrap().modified().unwrap()))
        .collect();
    assert!(kept.len() >= 2);
    demo.grade(&[]).with(0);
    for (path, time) in kept {
        assert_eq!(
            fs::metadata(&path).unwrap().modified().unwrap(),
            time,
            "{path:?} was graded again"
        );
    }
}

#[test]
fn a_killed_worker_costs_one_try() {
    let demo = class(6);
    demo.grade(&[]).with(0);
    let undisturbed = demo.outputs();
    fs::remove_dir_all(demo.path("out")).unwrap();
    fs::remove_dir_all(demo.path("course/target")).unwrap();
    let child = start(&demo, &["--jobs", "1"]);
    let mut found = Vec::new();
    wait_until("a worker", || {
        found = descendants_with(child.id(), WORKER);
        !found.is_empty()
    });
    kill(Pid::from_raw(found[0]), Signal::SIGKILL).unwrap();
    Ended::of(child.wait_with_output().unwrap()).with(0);
    assert_eq!(demo.outputs(), undisturbed);
}

#[test]
fn workers_that_never_live_give_no_zero_and_the_next_run_grades() {
    let demo = class(2);
    let mut child = start(&demo, &["--jobs", "1"]);
    let mut killed = 0;
    // Each worker is killed as soon as it is seen; a run of an answer, which comes later, is never reached.
    wait_until("the end", || {
        for pid in descendants_with(child.id(), WORKER) {
            killed += usize::from(kill(Pid::from_raw(pid), Signal::SIGKILL).is_ok());
        }
        child.try_wait().unwrap().is_some()
    });
    let ended = Ended::of(child.wait_with_output().unwrap()).with(3);
    assert!(killed >= 6, "{killed}");
    assert!(
        ended
            .out
            .contains("not graded: s00: the worker ended (signal: 9 (SIGKILL))"),
        "{ended:?}"
    );
    assert_eq!(
        demo.gradebook(),
        ["s00 not graded:  =  + ", "s01 not graded:  =  + "]
    );
    assert!(
        demo.read("out/feedback/s00.md")
            .contains("no fault of yours")
    );
    assert!(demo.read("out/canvas.csv").ends_with("s01,,,,,\n"));
    demo.grade(&[]).with(0);
    assert_eq!(
        demo.gradebook(),
        ["s00 graded: 8 = 4 + 4", "s01 graded: 0 = 0 + 0"]
    );
}

#[test]
fn without_a_cargo_nobody_gets_a_zero_and_the_next_run_grades() {
    let demo = class(1);
    demo.grade(&[]).with(0);
    demo.submit("late", "one", RIGHT);
    let mut command = demo.command(&[]);
    let ended = Ended::of(command.env("CARGO", "/nonexistent/cargo").output().unwrap()).with(3);
    assert!(
        ended
            .out
            .contains("not graded: late: failed to start cargo"),
        "{ended:?}"
    );
    assert_eq!(
        demo.gradebook(),
        // What is known of the other holds for a compiler, and there is none.
        ["late not graded:  =  + ", "s00 not graded:  =  + "]
    );
    demo.grade(&[]).with(0);
    assert_eq!(
        demo.gradebook(),
        ["late graded: 4 = 4 + 0", "s00 graded: 8 = 4 + 4"]
    );
}

#[test]
fn a_full_disk_gives_no_zero() {
    let demo = class(2);
    let typed = demo.command(&["--jobs", "1"]);
    // No file may grow beyond so many blocks of 512 bytes: that fails where a full disk does, for every user.
    for (blocks, said) in [
        ("0", "failed to write class.json"),
        ("16", "not graded: s00: failed to build"),
    ] {
        let mut command = std::process::Command::new("sh");
        command
            .arg("-c")
            .arg(format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""))
            .arg("sh")
            .arg(typed.get_program())
            .args(typed.get_args())
            .current_dir(demo.path("course"))
            .env_remove("CARGO_TARGET_DIR");
        let ended = Ended::of(command.output().unwrap()).with(3);
        assert!(
            format!("{}{}", ended.out, ended.err).contains(said),
            "{ended:?}"
        );
    }
    assert_eq!(
        demo.gradebook(),
        ["s00 not graded:  =  + ", "s01 not graded:  =  + "]
    );
    demo.grade(&[]).with(0);
    assert_eq!(
        demo.gradebook(),
        ["s00 graded: 8 = 4 + 4", "s01 graded: 0 = 0 + 0"]
    );
}

#[test]
fn a_result_that_cannot_be_written_is_no_result() {
    let demo = class(2);
    let place = demo.path("out/results/s00.json/in-the-way");
    fs::create_dir_all(&place).unwrap();
    let ended = demo.grade(&[]).with(3);
    let said = "not graded: s00: the result cannot be written";
    assert!(ended.out.contains(said), "{ended:?}");
    assert_eq!(
        demo.gradebook(),
        ["s00 not graded:  =  + ", "s01 graded: 0 = 0 + 0"]
    );
    fs::remove_dir_all(place.parent().unwrap()).unwrap();
    demo.grade(&[]).with(0);
    assert_eq!(demo.gradebook()[0], "s00 graded: 8 = 4 + 4");
}
