//! A student's copy, and a program in a terminal of 80 by 24.

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
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

const ROWS: NonZero<u16> = NonZero::new(24).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(80).unwrap();
const SIZE: Winsize = Winsize {
    ws_row: ROWS.get(),
    ws_col: COLUMNS.get(),
    ws_xpixel: 0,
    ws_ypixel: 0,
};

/// How long anything may take on the busiest machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(300);

pub(crate) const ANSWER: &str = "labs/02-pipes/src/bin/hello-pipe.rs";

/// The checkout that this test is part of.
fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A program in a terminal.
pub(crate) struct Terminal {
    pub(crate) child: Child,
    keys: File,
    pub(crate) screen: Arc<(Mutex<vt100::Parser>, Condvar)>,
}

impl Terminal {
    pub(crate) fn start(command: &mut Command) -> Self {
        let pty = openpty(&SIZE, None).unwrap();
        // A program that had the other side, too, would never be told that the terminal has gone.
        fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
        fcntl(&pty.slave, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
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

    /// Closes the terminal, as closing its window does.
    pub(crate) fn hang_up(&self) {
        // The reader has a copy of the descriptor and may sleep in it, so closing is left to the end of this value; what the
        // program is told is the signal.
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        kill(pid, Signal::SIGHUP).unwrap();
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen shows all of these, and returns it.
    #[track_caller]
    pub(crate) fn shows(&self, texts: &[&str]) -> String {
        match self.shows_within(DEADLINE, texts) {
            Ok(screen) => screen,
            Err(screen) => panic!("no {texts:?} on the screen:\n{screen}"),
        }
    }

    /// The screen as soon as it shows all of these, or as it is after so long a time.
    pub(crate) fn shows_within(&self, limit: Duration, texts: &[&str]) -> Result<String, String> {
        let begun = Instant::now();
        let (screen, changed) = &*self.screen;
        let mut parser = screen.lock().unwrap();
        loop {
            let contents = parser.screen().contents();
            if texts.iter().all(|text| contents.contains(text)) {
                let lines = contents
                    .lines()
                    .map(|line| line.trim_end().to_owned() + "\n");
                return Ok(lines.collect());
            }
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(contents);
            }
            (parser, _) = changed
                .wait_timeout(parser, left.min(Duration::from_millis(200)))
                .unwrap();
        }
    }
}

/// A program in a terminal that is not its controlling one, which closes as soon as it shows this text. The program is left
/// without a signal.
pub(crate) fn in_a_terminal_that_closes(command: &mut Command, text: &str) -> Child {
    let pty = openpty(&SIZE, None).unwrap();
    fcntl(&pty.master, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
    fcntl(&pty.slave, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).unwrap();
    let side = || Stdio::from(pty.slave.try_clone().unwrap());
    let child = command.stdin(side()).stdout(side()).stderr(side()).spawn();
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    drop(pty.slave);
    let mut screen = File::from(pty.master);
    let mut parser = vt100::Parser::new(ROWS, COLUMNS, 0);
    while !parser.screen().contents().contains(text) {
        let mut bytes = [0; 4096];
        let count = screen.read(&mut bytes).unwrap();
        parser.process(&bytes[..count]);
    }
    child.unwrap()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A student's copy that has one lab.
pub(crate) fn copy() -> TempDir {
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

/// The program under test, in a copy.
pub(crate) fn watch(copy: &Path) -> Command {
    watch_by(Path::new(env!("CARGO_BIN_EXE_grader-watch")), copy)
}

/// The program under test from this place, in a copy.
pub(crate) fn watch_by(program: &Path, copy: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.join("target"))
        .env("TERM", "xterm-256color")
        .env("LANG", "C.UTF-8")
        .env_remove("NO_COLOR")
        .env_remove("LC_ALL");
    command
}

/// The grader, built and beside the program under test, where `cargo grade watch` has put it.
pub(crate) fn build_the_grader() {
    let cargo = std::env::var_os("CARGO").unwrap();
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--locked", "--package", "grader"])
        .current_dir(checkout())
        .status();
    assert!(built.unwrap().success());
}

/// Saves as editors do that write a new file and move it to the old one's place, leaving that beside it.
pub(crate) fn save(copy: &Path, text: &str) {
    let file = copy.join(ANSWER);
    let new = file.with_extension("rs.new");
    fs::write(&new, text).unwrap();
    fs::copy(&file, file.with_extension("rs~")).unwrap();
    fs::rename(new, file).unwrap();
}

pub(crate) fn solution(file: &str) -> String {
    fs::read_to_string(checkout().join("solutions/02-pipes").join(file)).unwrap()
}
