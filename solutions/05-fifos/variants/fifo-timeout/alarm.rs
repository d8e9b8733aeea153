//! Variant: an open that waits, and a timer that interrupts it. The timer rings again and again: a single ring could come before
//! `open` has begun to wait, and would be lost.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fifos::fifo_timeout::drive;
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::stat::Mode;

extern "C" fn interrupt(_: i32) {}

/// Rings every so many microseconds; with 0 it stops.
fn ring(microseconds: i64) -> io::Result<()> {
    let every = libc::timeval {
        tv_sec: 0,
        tv_usec: microseconds,
    };
    let timer = libc::itimerval {
        it_interval: every,
        it_value: every,
    };
    // SAFETY: the first pointer is to a timer that lives as long as the call, and the second may be null.
    match unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn open_within(path: &Path, patience: Duration) -> io::Result<File> {
    let begun = Instant::now();
    let handler = SigHandler::Handler(interrupt);
    // Without SA_RESTART, or `open` would go on waiting.
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler does nothing.
    let before = unsafe { sigaction(Signal::SIGALRM, &action) }?;
    ring(20_000)?;
    let opened = loop {
        match open(path, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty()) {
            Err(Errno::EINTR) if begun.elapsed() < patience => {}
            Err(Errno::EINTR) => break Err(io::ErrorKind::TimedOut.into()),
            result => break result.map(File::from).map_err(io::Error::from),
        }
    };
    ring(0)?;
    // SAFETY: the handler from before is put back.
    unsafe { sigaction(Signal::SIGALRM, &before) }?;
    opened
}

fn main() -> ExitCode {
    drive(open_within)
}
