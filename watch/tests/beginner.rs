//! A beginner's half hour in a terminal of 80 by 24: a student's copy of a lab, its first exercise, and the mistakes on the way.
//!
//! The program runs in a real pseudoterminal; what a person would see of it is compared. Saves are made as editors make them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use grader::course::Course;
use grader::export::export;
use nix::pty::{Winsize, openpty};
use tempfile::TempDir;

const ROWS: NonZero<u16> = NonZero::new(24).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(80).unwrap();

/// How long anything may take on the busiest machine.
const DEADLINE: Duration = Duration::from_secs(300);

const ANSWER: &str = "labs/02-pipes/src/bin/hello-pipe.rs";

/// The checkout that this test is part of.
fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A program in a terminal.
struct Terminal {
    child: Child,
    keys: File,
    screen: Arc<(Mutex<vt100::Parser>, Condvar)>,
}

impl Terminal {
    fn start(command: &mut Command) -> Self {
        let size = Winsize {
            ws_row: ROWS.get(),
            ws_col: COLUMNS.get(),
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(&size, None).unwrap();
        let side = || Stdio::from(pty.slave.try_clone().unwrap());
        let child = command
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .unwrap();
        // The command keeps copies, which would keep the terminal open when the program has ended.
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        drop(pty.slave);
        let screen = Arc::new((
            Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0)),
            Condvar::new(),
        ));
        let keys = File::from(pty.master);
        let mut shown = keys.try_clone().unwrap();
        let seen = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // EIO is how a terminal says that nobody has it open any more.
            while let Ok(count @ 1..) = shown.read(&mut bytes) {
                seen.0.lock().unwrap().process(&bytes[..count]);
                seen.1.notify_all();
            }
            seen.1.notify_all();
        });
        Self {
            child,
            keys,
            screen,
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen shows all of these, and returns it.
    #[track_caller]
    fn shows(&self, texts: &[&str]) -> String {
        let begun = Instant::now();
        let (screen, changed) = &*self.screen;
        let mut parser = screen.lock().unwrap();
        loop {
            let contents = parser.screen().contents();
            if texts.iter().all(|text| contents.contains(text)) {
                let lines = contents
                    .lines()
                    .map(|line| line.trim_end().to_owned() + "\n");
                return lines.collect();
            }
            let left = DEADLINE.saturating_sub(begun.elapsed());
            assert!(!left.is_zero(), "no {texts:?} on the screen:\n{contents}");
            (parser, _) = changed
                .wait_timeout(parser, left.min(Duration::from_millis(200)))
                .unwrap();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A student's copy that has one lab.
fn copy() -> TempDir {
    let course = Course::load(&checkout()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    export(&course, dir.path()).unwrap();
    for lab in &course.labs {
        if lab.folder != "02-pipes" {
            fs::remove_dir_all(dir.path().join("labs").join(&lab.folder)).unwrap();
        }
    }
    dir
}

/// The grader, built and beside the program under test, where `cargo grade watch` has put it.
fn build_the_grader() {
    let cargo = std::env::var_os("CARGO").unwrap();
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--locked", "--package", "grader"])
        .current_dir(checkout())
        .status();
    assert!(built.unwrap().success());
}

/// Saves as editors do that write a new file and move it to the old one's place, leaving that beside it.
fn save(copy: &Path, text: &str) {
    let file = copy.join(ANSWER);
    let new = file.with_extension("rs.new");
    fs::write(&new, text).unwrap();
    fs::copy(&file, file.with_extension("rs~")).unwrap();
    fs::rename(new, file).unwrap();
}

fn solution(file: &str) -> String {
    fs::read_to_string(checkout().join("solutions/02-pipes").join(file)).unwrap()
}

/// A screen without what differs from run to run: times, and what is drawn to their scale.
fn still(screen: &str) -> String {
    let lines = screen.lines().map(|line| {
        let is_drawn = line.contains('╷') || line.contains('━');
        match line.split_once('│') {
            Some((list, _)) if is_drawn => format!("{list}│ (drawn)"),
            _ => match line.split_once(" processes, ") {
                Some((before, _)) => format!("{before} processes, (time)"),
                None => line.to_owned(),
            },
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_beginner_solves_the_first_exercise_of_a_lab() {
    build_the_grader();
    let copy = copy();
    let watch = env!("CARGO_BIN_EXE_grader-watch");
    let mut terminal = Terminal::start(
        Command::new(watch)
            .current_dir(copy.path())
            .env("CARGO_TARGET_DIR", copy.path().join("target"))
            .env("TERM", "xterm-256color")
            .env("LANG", "C.UTF-8")
            .env_remove("NO_COLOR")
            .env_remove("LC_ALL"),
    );
    let waits = "waiting for a save";
    insta::assert_snapshot!(
        "at-the-beginning",
        terminal.shows(&[waits, "not attempted: 0 of"])
    );

    save(
        copy.path(),
        &solution("src/bin/hello-pipe.rs").replacen("{\n", "{\n    let _ = ;\n", 1),
    );
    insta::assert_snapshot!(
        "does-not-compile",
        terminal.shows(&[waits, "does not compile"])
    );

    save(
        copy.path(),
        &solution("mistakes/hello-pipe/write-end-left-open.rs"),
    );
    insta::assert_snapshot!(
        "write-end-left-open",
        terminal.shows(&[waits, "write-end-left-open"])
    );
    terminal.press("t");
    insta::assert_snapshot!(
        "timeline",
        still(&terminal.shows(&[waits, "forked by [pid 1]"]))
    );
    terminal.press("h");
    terminal.press("h");
    insta::assert_snapshot!("hints", terminal.shows(&[waits, "Hint 2 of 3"]));

    save(
        copy.path(),
        &solution("mistakes/hello-pipe/child-not-reaped.rs"),
    );
    terminal.press("v");
    insta::assert_snapshot!(
        "child-not-reaped",
        terminal.shows(&[waits, "child-not-reaped"])
    );

    save(copy.path(), &solution("src/bin/hello-pipe.rs"));
    insta::assert_snapshot!("full-points", terminal.shows(&[waits, "Full points."]));
    terminal.press("n");
    insta::assert_snapshot!(
        "the-next-exercise",
        terminal.shows(&[waits, "factorial-pipeline  not"])
    );

    terminal.press("q");
    let status = terminal.child.wait().unwrap();
    assert!(status.success(), "{status}");
    let (screen, _) = &*terminal.screen;
    let begun = Instant::now();
    while screen.lock().unwrap().screen().alternate_screen() {
        assert!(
            begun.elapsed() < DEADLINE,
            "the terminal was not given back"
        );
        thread::yield_now();
    }
    assert!(!screen.lock().unwrap().screen().hide_cursor());
}
