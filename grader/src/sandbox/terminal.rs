//! A terminal of the run's own, and somebody at its keys.
//!
//! The program leads a session whose controlling terminal this is, as a shell does in a terminal's window; its standard input, output and
//! error are the terminal. Keys are typed one after the other, each as soon as what has come since the one before ends as stated and, where
//! that is asked for, the right group is in the foreground: so nothing depends on speed. They go through the line discipline
//! (`termios(3)`): Ctrl-C is a byte here and a signal there.
//!
//! What the run's output is, is what a person would see: what was printed, and what was typed at the place at which it was typed. The
//! line discipline could echo keys too, but it does so at a time of its own, before or after what the program prints then.

use std::collections::VecDeque;
use std::ffi::c_int;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::pty::{posix_openpt, unlockpt};
use nix::sys::termios::{LocalFlags, OutputFlags, SetArg, tcgetattr, tcsetattr};
use nix::unistd::{Pid, setsid, tcgetpgrp};
use serde::{Deserialize, Serialize};

/// How long it may take, on a busy machine, until somebody who sleeps is woken by keys that were typed: the kernel hands them on by
/// a worker of its own.
const DELIVERY: Duration = Duration::from_secs(1);

/// Keys, and when they are typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The end of what must have come since the keys before.
    pub after: String,
    /// Who must be in the foreground.
    #[serde(default)]
    pub foreground: Foreground,
    /// What is typed.
    pub keys: String,
}

/// Who is in the foreground of a terminal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Foreground {
    /// Anybody.
    #[default]
    Anybody,
    /// The program's own process group.
    Program,
    /// Another one.
    Job,
}

/// Opens a terminal: the side of whoever types, which does not block, and the side of whoever is in it.
///
/// # Errors
/// When the host has none to give.
pub fn open() -> io::Result<(OwnedFd, OwnedFd)> {
    let keyboard =
        posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC)?;
    unlockpt(&keyboard)?;
    // Not by its name: where the run has a file system of its own, that may be another terminal's.
    let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    // SAFETY: TIOCGPTPEER takes flags for its argument, and returns a new descriptor or an error.
    let screen = unsafe { libc::ioctl(keyboard.as_raw_fd(), libc::TIOCGPTPEER, flags.bits()) };
    let screen = Errno::result(screen)?;
    // SAFETY: the descriptor is new, and nobody else's.
    let screen = unsafe { OwnedFd::from_raw_fd(screen) };
    let mut settings = tcgetattr(&screen)?;
    settings.local_flags.remove(
        LocalFlags::ECHO
            | LocalFlags::ECHOE
            | LocalFlags::ECHOK
            | LocalFlags::ECHOCTL
            | LocalFlags::ECHOKE,
    );
    // A key that sends a signal would also discard what was printed and not yet read here.
    settings.local_flags.insert(LocalFlags::NOFLSH);
    // A line ends with a line feed, as everywhere.
    settings.output_flags.remove(OutputFlags::OPOST);
    tcsetattr(&screen, SetArg::TCSANOW, &settings)?;
    Ok((OwnedFd::from(keyboard), screen))
}

/// Makes the calling process, which leads no group, the leader of a session in the terminal that its standard input is.
pub(super) fn begin_session() -> nix::Result<()> {
    setsid()?;
    let not_by_force: c_int = 0;
    // SAFETY: TIOCSCTTY takes a number for its argument, and changes no memory.
    Errno::result(unsafe { libc::ioctl(0, libc::TIOCSCTTY, not_by_force) }).map(drop)
}

/// Makes a command begin in a session of its own, in the terminal of which `screen` is a side.
///
/// # Errors
/// When descriptors run out.
pub fn in_terminal<'c>(command: &'c mut Command, screen: &OwnedFd) -> io::Result<&'c mut Command> {
    command
        .stdin(screen.try_clone()?)
        .stdout(screen.try_clone()?)
        .stderr(screen.try_clone()?);
    // SAFETY: between fork and exec the child makes two system calls, which are async-signal-safe, and allocates nothing.
    Ok(unsafe { command.pre_exec(|| Ok(begin_session()?)) })
}

/// Somebody who types what is on a list.
#[derive(Debug)]
pub struct Typist {
    keyboard: File,
    program: Pid,
    list: VecDeque<Keys>,
    /// Where in what is seen the answer to the last keys begins.
    answer: usize,
    typed: Instant,
}

impl Typist {
    /// Sits down at the terminal of a program.
    ///
    /// # Errors
    /// When descriptors run out.
    pub fn new(keyboard: &OwnedFd, program: i32, list: &[Keys]) -> io::Result<Self> {
        Ok(Self {
            keyboard: File::from(keyboard.try_clone()?),
            program: Pid::from_raw(program),
            list: list.iter().cloned().collect(),
            answer: 0,
            typed: Instant::now(),
        })
    }

    /// Types the next keys if it is time for them, and adds them to what is seen.
    ///
    /// # Errors
    /// When the terminal takes no keys.
    pub fn type_next(&mut self, seen: &mut Vec<u8>) -> io::Result<()> {
        let Some(next) = self.list.front() else {
            return Ok(());
        };
        let answer = seen.get(self.answer..).unwrap_or_default();
        if !answer.ends_with(next.after.as_bytes()) || !self.is_in_foreground(next.foreground) {
            return Ok(());
        }
        match self.keyboard.write(next.keys.as_bytes()) {
            Ok(count) if count == next.keys.len() => {}
            // Nobody reads, and the terminal is full of what was typed before.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Ok(_) => return Err(io::Error::other("the terminal takes no more keys")),
            Err(error) => return Err(error),
        }
        seen.extend(next.keys.bytes().flat_map(shown));
        self.answer = seen.len();
        self.typed = Instant::now();
        self.list.pop_front();
        Ok(())
    }

    fn is_in_foreground(&self, who: Foreground) -> bool {
        let group = || tcgetpgrp(self.keyboard.as_fd());
        match who {
            Foreground::Anybody => true,
            Foreground::Program => group() == Ok(self.program),
            Foreground::Job => group().is_ok_and(|group| group != self.program),
        }
    }

    /// Whether keys that were typed may still be on their way.
    #[must_use]
    pub fn has_just_typed(&self) -> bool {
        self.typed.elapsed() < DELIVERY
    }
}

/// How a key is shown: Ctrl-C as `^C`.
fn shown(key: u8) -> Vec<u8> {
    match key {
        b'\n' | b'\t' | b' '..=b'~' | 128.. => vec![key],
        control => vec![b'^', control ^ 0x40],
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn keys_wait_for_what_comes_before_them() {
        let (keyboard, screen) = open().unwrap();
        let keys = |after: &str, keys: &str| Keys {
            after: after.to_owned(),
            foreground: Foreground::Anybody,
            keys: keys.to_owned(),
        };
        let list = [keys("$ ", "one\n"), keys("$ ", "\u{3}two\n")];
        let mut typist = Typist::new(&keyboard, 1, &list).unwrap();
        let mut screen = File::from(screen);
        let mut seen = Vec::new();
        typist.type_next(&mut seen).unwrap();
        assert_eq!(seen, b"", "the prompt has not come yet");
        seen.extend(b"$ ");
        typist.type_next(&mut seen).unwrap();
        typist.type_next(&mut seen).unwrap();
        assert_eq!(
            seen, b"$ one\n",
            "it is the prompt after the first line that counts"
        );
        let mut line = [0; 4];
        screen.read_exact(&mut line).unwrap();
        assert_eq!(&line, b"one\n");
        seen.extend(b"$ ");
        typist.type_next(&mut seen).unwrap();
        assert_eq!(seen, b"$ one\n$ ^Ctwo\n");
        // What was printed arrives as it is, and no echo with it.
        screen.write_all(b"printed\n").unwrap();
        let mut bytes = [0; 64];
        let count = File::from(keyboard).read(&mut bytes).unwrap();
        assert_eq!(&bytes[..count], b"printed\n");
    }
}
