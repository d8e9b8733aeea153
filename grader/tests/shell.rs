//! The reference shell beside another one, and in the hands of a person.
//!
//! Every trace of the lab is given to dash, too. What the two print must be equal, but for what they say about jobs, and when: these
//! words are each shell's own (`[1] running: cat` here, `[1] + Running   cat` there; dash also says `Terminated`), and so are the
//! text of the command that `fg` shows, and complaints. Those lines are left out on both sides, with prompts and what is typed behind them.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use grader::course::{Case, Course, DEFAULT_SEED};
use grader::sandbox::terminal;
use grader::sandbox::{Foreground, Keys};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{LocalFlags, OutputFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::tcgetpgrp;

#[path = "support/typed.rs"]
mod typed;

/// How long a person waits on the busiest machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// How lines begin that each shell words as it likes.
const OWN_WORDS: [&str; 9] = [
    "[",
    "$ ",
    "sh -c",
    "cat gate",
    "Terminated",
    "Killed",
    "Interrupt",
    "^",
    "/bin/dash: ",
];

/// Traces in which the two differ on purpose. At the prompt, dash answers Ctrl-C with another prompt and drops what is typed meanwhile;
/// the shell of the lab ignores it. An `exit` that it does not understand is the end of dash, and not of the shell of the lab.
const OWN_WAYS: [&str; 2] = ["at-the-prompt", "no-number"];

fn course() -> Course {
    Course::find(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Builds the reference program.
fn shell() -> PathBuf {
    let course = course();
    let target = course.root.join("target/solutions");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--locked", "--bin", "shell"])
        .arg("--manifest-path")
        .arg(course.solutions().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .status()
        .unwrap();
    assert!(status.success(), "the reference shell does not build");
    target.join("debug/shell")
}

fn clean(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder)
        .env("PS1", "$ ")
        .current_dir(folder);
    command
}

/// What a shell prints in a case, and the code with which it ends. Dash has job control in a terminal only, so lines that need it are
/// typed there.
fn output_of(program: &Path, case: &Case, is_dash: bool) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = clean(program, folder.path());
    let mut args = case.arguments("shell", DEFAULT_SEED);
    let needs_jobs = args.iter().any(|it| it == "-m");
    if let Some(keys) = &case.typed {
        let (status, shown) = typed::run(&mut command, keys);
        return (said(&shown), status.code());
    }
    if !is_dash {
        let output = command.args(args).output().unwrap();
        return (said(&output.stdout), output.status.code());
    }
    args.retain(|it| !it.starts_with('-'));
    if needs_jobs {
        args.push("exit".to_owned());
        let keys: Vec<Keys> = args.iter().map(|line| typed_line(line)).collect();
        let (status, shown) = typed::run(&mut command, &keys);
        return (said(&shown), status.code());
    }
    let output = command.arg("-c").arg(args.join("\n")).output().unwrap();
    (said(&output.stdout), output.status.code())
}

fn typed_line(line: &str) -> Keys {
    Keys {
        after: "$ ".to_owned(),
        foreground: Foreground::Anybody,
        keys: format!("{line}\n"),
    }
}

/// The lines that are not in a shell's own words.
fn said(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    let is_own = |line: &&str| line.is_empty() || OWN_WORDS.iter().any(|it| line.starts_with(it));
    let lines = text.lines().filter(|line| !is_own(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn traces_say_the_same_in_dash() {
    let dash = Path::new("/bin/dash");
    assert!(
        dash.exists(),
        "this test compares the shell of lab 13 with dash, and there is no /bin/dash: install it, or leave the test out (`-- --skip traces_say_the_same_in_dash`)"
    );
    let (course, shell) = (course(), shell());
    let lab = course
        .labs
        .iter()
        .find(|lab| lab.package == "shell")
        .unwrap();
    for exercise in lab.exercises() {
        for case in &exercise.exercise.cases {
            if OWN_WAYS.contains(&case.name.as_ref().as_str()) {
                continue;
            }
            let ours = output_of(&shell, case, false);
            let theirs = output_of(dash, case, true);
            let name = format!("{}@{}", exercise.name(), case.name.as_ref());
            assert_eq!(ours, theirs, "{name}");
        }
    }
}

/// A person at a terminal as it is in a window: with echo, and lines that end with carriage return and line feed.
struct Person {
    terminal: File,
    shown: String,
    /// What has been read and waited for.
    read: usize,
}

impl Person {
    /// Waits until this comes, behind what came before.
    #[track_caller]
    fn sees(&mut self, text: &str) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(at) = self.shown[self.read..].find(text) {
                self.read += at + text.len();
                return;
            }
            let is_late = Instant::now() >= deadline;
            assert!(!is_late, "no {text:?} at the end of {}", self.shown);
            let mut output = [PollFd::new(self.terminal.as_fd(), PollFlags::POLLIN)];
            let _ = poll(&mut output, PollTimeout::from(10_u8));
            let mut part = [0; 4096];
            if let Ok(count) = self.terminal.read(&mut part) {
                self.shown
                    .push_str(&String::from_utf8_lossy(&part[..count]));
            }
        }
    }

    fn types(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).unwrap();
    }

    /// Types a line at the prompt and waits until it has been echoed.
    #[track_caller]
    fn enters(&mut self, line: &str) {
        self.sees("$ ");
        self.types(&format!("{line}\n"));
        self.sees(&format!("{line}\r\n"));
    }

    /// Waits until a job is in the foreground: keys are for it then.
    #[track_caller]
    fn waits_for_a_job(&mut self, shell: i32) {
        let deadline = Instant::now() + DEADLINE;
        while tcgetpgrp(&self.terminal).is_ok_and(|group| group.as_raw() == shell) {
            assert!(Instant::now() < deadline, "no job in {}", self.shown);
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_person_works_with_it_in_a_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let (keyboard, screen) = terminal::open().unwrap();
    let mut settings = tcgetattr(&screen).unwrap();
    settings
        .local_flags
        .insert(LocalFlags::ECHO | LocalFlags::ECHOCTL);
    settings.local_flags.remove(LocalFlags::NOFLSH);
    settings
        .output_flags
        .insert(OutputFlags::OPOST | OutputFlags::ONLCR);
    tcsetattr(&screen, SetArg::TCSANOW, &settings).unwrap();
    let mut command = clean(&shell(), folder.path());
    let mut child = terminal::in_terminal(&mut command, &screen)
        .unwrap()
        .spawn()
        .unwrap();
    drop(screen);
    let pid = i32::try_from(child.id()).unwrap();
    let mut person = Person {
        terminal: File::from(keyboard),
        shown: String::new(),
        read: 0,
    };
    person.enters("seq 100 | sort -rn | head -2 > top");
    person.enters("cat < top | tr 09 ab");
    person.sees("1aa\r\nbb\r\n");
    // Ctrl-C at the prompt is for nobody.
    person.sees("$ ");
    person.types("\u{3}");
    person.types("sh -c 'echo one; exec cat'\n");
    person.sees("one\r\n");
    person.waits_for_a_job(pid);
    person.types("a line\n");
    person.sees("a line\r\na line\r\n");
    person.types("\u{1a}");
    person.sees("[1] stopped: sh -c 'echo one; exec cat'\r\n");
    person.enters("sh -c 'echo two; exec cat' | cat");
    person.sees("two\r\n");
    person.waits_for_a_job(pid);
    person.types("\u{1a}");
    person.sees("[2] stopped: ");
    person.enters("jobs");
    person.sees("[1] stopped: ");
    person.sees("[2] stopped: ");
    // In the background it wants to read, and is stopped for that.
    person.enters("bg %1");
    person.sees("[1] running: ");
    person.enters("wait");
    person.sees("[1] stopped: ");
    person.enters("fg %2");
    person.waits_for_a_job(pid);
    person.types("\u{3}");
    person.enters("echo status $?");
    person.sees("status 130\r\n");
    person.enters("fg");
    person.sees("exec cat'\r\n");
    person.waits_for_a_job(pid);
    person.types("more\n");
    person.sees("more\r\nmore\r\n");
    person.types("\u{4}");
    person.enters("sleep 0 &");
    person.sees("[1] running: sleep 0\r\n");
    person.enters("wait");
    person.sees("[1] done: sleep 0\r\n");
    person.enters("exit 4");
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(4), "{}", person.shown);
}
