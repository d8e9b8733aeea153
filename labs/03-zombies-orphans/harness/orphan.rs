//! Driver of `orphan`: prints who has adopted the orphans, and waits until they are gone.
//!
//! Usage: `orphan [system|program [NUMBER…]]`. With `program` the main process declares itself a subreaper and adopts the orphans;
//! with `system` somebody else does. There is one orphan for each NUMBER, one after the other.

use std::cell::Cell;
use std::fs;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::poll;
use nix::sys::prctl;
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getpid, getppid, pipe2, read};

use crate::kernel::{has_ended, row, wait_until};
use crate::program::{Program, print_line, say};
use crate::shared::{Shareable, share};

/// How long an orphan stays for its parent's end to be known. Its parent ends without it.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the orphan's parent is held up where the orphan neither sleeps nor asks.
const HOLD: Duration = Duration::from_millis(200);

/// A child that is to outlive its parent.
#[derive(Debug)]
pub struct Orphan {
    number: u32,
    main: Pid,
    pid: &'static AtomicI32,
}

// SAFETY: an atomic, for which zero is valid.
unsafe impl Shareable for AtomicI32 {}

impl Orphan {
    /// To be called by the orphan, when its parent has gone: who has adopted it.
    pub fn adopted_by(&self, adopter: Pid) {
        let number = self.number;
        let now = getppid();
        self.pid.store(getpid().as_raw(), Ordering::Release);
        if getpid() == self.main {
            say(&format!("orphan {number} had no process of its own"));
        } else if now != self.main && row(now).is_some_and(|row| row.parent == self.main) {
            // A child of the main process adopts nobody.
            say(&format!(
                "orphan {number} is none: its parent is still there"
            ));
        } else if adopter != now && adopter.as_raw() == 1 {
            say(&format!(
                "orphan {number} takes process 1 for its adopter, and it is another"
            ));
        } else if adopter != now {
            say(&format!(
                "orphan {number} names a process that has not adopted it"
            ));
        } else if now == self.main {
            say(&format!(
                "orphan {number} was adopted by [pid {now}], the main process"
            ));
            self.outlive_parent();
        } else {
            say(&format!(
                "orphan {number} was adopted by [pid {now}], a process of the system"
            ));
            self.outlive_parent();
        }
    }

    /// Waits, for a while, until the main process has been told that its child has ended: the new parent is there a moment before that.
    fn outlive_parent(&self) {
        let main = self.main;
        let deadline = Instant::now() + PATIENCE;
        let children = || fs::read_to_string(format!("/proc/{main}/task/{main}/children"));
        wait_until(|| {
            let children = children().unwrap_or_default();
            let mut others = children
                .split_whitespace()
                .filter_map(|pid| Some(Pid::from_raw(pid.parse().ok()?)))
                .filter(|pid| *pid != getpid());
            others.all(has_ended) || Instant::now() > deadline
        });
    }
}

/// What the student writes: make an orphan that learns who has adopted it.
pub type Outlive = fn(orphan: &Orphan) -> nix::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(outlive: Outlive) -> ExitCode {
    let program = Program::begin();
    let Some((is_subreaper, numbers)) = arguments() else {
        eprintln!("usage: orphan [system|program [NUMBER…]]");
        return ExitCode::from(2);
    };
    print_line(&format!("the main process is [pid {}]", getpid()));
    // SAFETY: the handler is a function of this program, which stays where it is.
    unsafe { nix::libc::pthread_atfork(None, Some(hold_up), None) };
    let result = prctl::set_child_subreaper(is_subreaper).and_then(|()| {
        numbers
            .iter()
            .try_for_each(|number| one(&program, outlive, *number))
    });
    program.end("outlive", result, |()| {})
}

fn one(program: &Program, outlive: Outlive, number: u32) -> nix::Result<()> {
    let orphan = Orphan {
        number,
        main: getpid(),
        pid: share::<AtomicI32>()?,
    };
    HELD_FOR.with(|held_for| held_for.set(Some((orphan.main, orphan.pid))));
    // Every process that is forked from now on keeps the write end open for as long as it lives.
    let (gone, alive) = pipe2(OFlag::O_CLOEXEC)?;
    let result = outlive(&orphan);
    program.only_the_parent_returns_from("outlive");
    drop(alive);
    wait_for_end_of_file(&gone)?;
    let pid = orphan.pid.load(Ordering::Acquire);
    if prctl::get_child_subreaper()? && pid != 0 {
        // Whoever adopts has to reap. The student's function may have done it.
        while waitpid(Pid::from_raw(pid), None) == Err(Errno::EINTR) {}
    }
    result
}

thread_local! {
    /// The main process, and where the orphan of the moment notes its pid.
    static HELD_FOR: Cell<Option<(Pid, &'static AtomicI32)>> = const { Cell::new(None) };
}

/// Runs in each process that has forked. A child of the main process is held up there until its own child sleeps in the kernel, which is how
/// one waits for something, or has asked who has adopted it. So who asks at once, or after a guessed time, asks too early in every run.
extern "C" fn hold_up() {
    let Some((_, orphan)) = HELD_FOR.get().filter(|(main, _)| getppid() == *main) else {
        return;
    };
    let own = getpid();
    let deadline = Instant::now() + HOLD;
    let sleeps = |child: &str| {
        let row = child.parse().ok().and_then(|pid| row(Pid::from_raw(pid)));
        row.is_some_and(|row| matches!(row.state, 'S' | 'Z'))
    };
    while orphan.load(Ordering::Acquire) == 0 && Instant::now() < deadline {
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
        if children.unwrap_or_default().split_whitespace().any(sleeps) {
            return;
        }
        // Not a sleep: those can return at once here.
        let _ = poll(&mut [], 1_u8);
    }
}

fn wait_for_end_of_file(source: &OwnedFd) -> nix::Result<()> {
    loop {
        match read(source, &mut [0]) {
            Ok(0) => return Ok(()),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}

fn arguments() -> Option<(bool, Vec<u32>)> {
    let mut words = std::env::args().skip(1);
    let is_subreaper = match words.next().as_deref() {
        None | Some("system") => false,
        Some("program") => true,
        Some(_) => return None,
    };
    let numbers: Vec<u32> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    if numbers.is_empty() {
        return Some((is_subreaper, vec![1]));
    }
    (numbers.len() <= 20).then_some((is_subreaper, numbers))
}
