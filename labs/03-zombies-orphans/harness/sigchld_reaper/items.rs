//! The items of the work: each makes children end at a chosen moment of the main process.
//!
//! No child ends by chance before or after that moment: it waits until the kernel says that the moment has come.

use std::fmt;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{ForkResult, Pid, dup, dup2_stdout, fork, getpid, pipe2, read, write};

use super::Work;
use crate::ending::Ending;
use crate::kernel::{has_ended, row, wait_until};
use crate::program::say;

/// More than any pipe holds that is not made larger on purpose.
const REPORT_BYTES: usize = 2 * 1024 * 1024;

/// The most children of one burst.
const LARGEST_BURST: usize = 60;

/// A piece of work.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item {
    Quick,
    Burst(usize),
    Print,
    Late,
}

impl fmt::Display for Item {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Quick => write!(out, "a child ends"),
            Self::Burst(count) => write!(out, "{count} children end while this process is stopped"),
            Self::Print => write!(out, "a child ends while this process prints"),
            Self::Late => write!(out, "a child will end when this item is over"),
        }
    }
}

impl Item {
    pub(super) fn from_word(word: &str) -> Option<Self> {
        match word {
            "quick" => Some(Self::Quick),
            "print" => Some(Self::Print),
            "late" => Some(Self::Late),
            _ => {
                let count = word.strip_prefix("burst=")?.parse().ok()?;
                (1..=LARGEST_BURST)
                    .contains(&count)
                    .then_some(Self::Burst(count))
            }
        }
    }

    pub(super) fn work(self, work: &mut Work) -> nix::Result<()> {
        match self {
            Self::Quick => quick(work),
            Self::Burst(count) => burst(work, count),
            Self::Print => print(work),
            Self::Late => late(work),
        }
    }
}

impl Work {
    /// Forks a child that does this and then exits with its number as code. Returns its pid.
    fn start(&mut self, deed: impl FnOnce() -> nix::Result<()>) -> nix::Result<Pid> {
        let number = u8::try_from(self.children.len() + 1).unwrap_or(u8::MAX);
        // SAFETY: the program has one thread, or the child makes system calls only, and short allocations.
        match unsafe { fork() }? {
            ForkResult::Child => match deed() {
                Ok(()) => Ending::Code(number).meet(),
                Err(_) => Ending::Code(u8::MAX).meet(),
            },
            ForkResult::Parent { child } => {
                self.children.push(child);
                Ok(child)
            }
        }
    }
}

fn quick(work: &mut Work) -> nix::Result<()> {
    let child = work.start(|| Ok(()))?;
    // Sleeps until it has ended, and leaves it as it is.
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    loop {
        match waitid(Id::Pid(child), flags) {
            Err(Errno::EINTR) => {}
            // It was reaped meanwhile, by a handler.
            Ok(_) | Err(Errno::ECHILD) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

fn late(work: &mut Work) -> nix::Result<()> {
    let (wait_here, hold_back) = pipe2(OFlag::O_CLOEXEC)?;
    let in_child = hold_back.as_fd();
    work.start(|| {
        // Otherwise it would hold itself back.
        close(in_child);
        wait_for_end_of_file(&wait_here)?;
        say("ends, and comes last");
        Ok(())
    })?;
    work.hold_back = Some(hold_back);
    Ok(())
}

/// Children end while the main process is stopped, so that their signals, all the same one, become one.
fn burst(work: &mut Work, count: usize) -> nix::Result<()> {
    let main = getpid();
    let (wait_here, go) = pipe2(OFlag::O_CLOEXEC)?;
    let mut crowd = Vec::new();
    for _ in 0..count {
        crowd.push(work.start(|| read_byte(&wait_here))?);
    }
    let (until_continued, continued) = pipe2(OFlag::O_CLOEXEC)?;
    let read_end = until_continued.as_fd();
    work.start(|| {
        close(read_end);
        // The main process sleeps in the read below: it has nothing else to sleep for.
        wait_until(|| state(main) == Some('S'));
        kill(main, Signal::SIGSTOP)?;
        wait_until(|| matches!(state(main), Some('T' | 't')));
        // A byte for each.
        write(&go, &vec![b'.'; count])?;
        crowd
            .iter()
            .for_each(|child| wait_until(|| has_ended(*child)));
        kill(main, Signal::SIGCONT)
        // Its end closes the last write end of the other pipe.
    })?;
    drop(continued);
    wait_for_end_of_file(&until_continued)
}

/// The main process sleeps inside `println!`, because standard output is full, when a child ends.
fn print(work: &mut Work) -> nix::Result<()> {
    let (source, sink) = pipe2(OFlag::O_CLOEXEC)?;
    let (read_end, write_end) = (source.as_fd(), sink.as_fd());
    let ender = work.start(|| {
        close(read_end);
        // Nobody reads yet. So who has filled it sleeps in its write, or is about to.
        wait_until(|| !has_room(&sink));
        Ok(())
    })?;
    work.start(|| {
        close(write_end);
        wait_until(|| has_ended(ender));
        let mut came = 0;
        let mut buffer = [0; 65_536];
        loop {
            match read(&source, &mut buffer) {
                Ok(0) => break,
                Ok(count) => came += count,
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error),
            }
        }
        say(&format!("has read a report of {came} bytes"));
        Ok(())
    })?;
    drop(source);
    let stdout = dup(std::io::stdout())?;
    dup2_stdout(&sink)?;
    drop(sink);
    println!("{}", "x".repeat(REPORT_BYTES - 1));
    // This closes the last write end: the reader sees the end of the report.
    dup2_stdout(stdout)
}

fn state(process: Pid) -> Option<char> {
    Some(row(process)?.state)
}

fn has_room(sink: &OwnedFd) -> bool {
    let mut sinks = [PollFd::new(sink.as_fd(), PollFlags::POLLOUT)];
    poll(&mut sinks, PollTimeout::ZERO) != Ok(0)
}

fn read_byte(source: &OwnedFd) -> nix::Result<()> {
    while read(source, &mut [0]) == Err(Errno::EINTR) {}
    Ok(())
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

/// Closes an end in a child. The value that owns it belongs to the parent, and is never dropped here: the child leaves by `_exit`.
fn close(end: BorrowedFd<'_>) {
    // SAFETY: nothing in this child uses the descriptor afterwards, see above.
    unsafe { nix::libc::close(end.as_raw_fd()) };
}
