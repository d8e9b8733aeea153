//! A program in a terminal of its own, and keys typed there: without a runner.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::fd::AsFd as _;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use grader::sandbox::Keys;
use grader::sandbox::terminal::{self, Typist};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How long a program may take on the busiest machine.
const DEADLINE: Duration = Duration::from_secs(120);

/// Runs the command to its end, and returns what the terminal showed.
#[track_caller]
pub(crate) fn run(command: &mut Command, keys: &[Keys]) -> (ExitStatus, Vec<u8>) {
    let (keyboard, screen) = terminal::open().unwrap();
    let mut child = terminal::in_terminal(command, &screen)
        .unwrap()
        .spawn()
        .unwrap();
    drop(screen);
    let pid = i32::try_from(child.id()).unwrap();
    let mut typist = Typist::new(&keyboard, pid, keys).unwrap();
    let mut terminal = File::from(keyboard);
    let mut shown = Vec::new();
    let deadline = Instant::now() + DEADLINE;
    loop {
        let ended = child.try_wait().unwrap();
        read(&mut terminal, &mut shown);
        if let Some(status) = ended {
            return (status, shown);
        }
        typist.type_next(&mut shown).unwrap();
        if Instant::now() >= deadline {
            give_up(&mut child, &shown);
        }
        // Output ends the wait; a change of who is in the foreground, or the end, is seen a little later.
        let mut output = [PollFd::new(terminal.as_fd(), PollFlags::POLLIN)];
        let _ = poll(&mut output, PollTimeout::from(10_u8));
    }
}

fn read(terminal: &mut File, shown: &mut Vec<u8>) {
    let mut part = [0; 4096];
    loop {
        match terminal.read(&mut part) {
            Ok(0) => return,
            Ok(count) => shown.extend(&part[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // Nothing now, or nobody there (EIO).
            Err(_) => return,
        }
    }
}

fn give_up(child: &mut Child, shown: &[u8]) -> ! {
    // The end of the session's leader hangs its jobs up.
    let _ = child.kill();
    let _ = child.wait();
    panic!("not over in time: {}", String::from_utf8_lossy(shown));
}
