//! Variant: the self-pipe. The handlers write a byte, and the worker sleeps in `poll` until one is there: a byte
//! that came too early is still in the pipe.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{pipe2, read};
use termination::graceful_worker::{Inbox, StopEvent, drive};

static ASKED: AtomicBool = AtomicBool::new(false);
static WAKE: AtomicI32 = AtomicI32::new(-1);

extern "C" fn handler(signal: i32) {
    if signal != libc::SIGUSR1 {
        ASKED.store(true, Ordering::Relaxed);
    }
    let errno = Errno::last();
    // SAFETY: write(2) is async-signal-safe and reads one byte of a constant. A full pipe wakes as well.
    unsafe { libc::write(WAKE.load(Ordering::Relaxed), c"!".as_ptr().cast(), 1) };
    errno.set();
}

fn work(inbox: &mut Inbox, stop: &StopEvent) -> io::Result<()> {
    let (wakes, wake) = pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)?;
    WAKE.store(wake.as_raw_fd(), Ordering::Relaxed);
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGUSR1] {
        let action = SigAction::new(
            SigHandler::Handler(handler),
            SaFlags::SA_RESTART,
            SigSet::empty(),
        );
        // SAFETY: the handler does nothing that is not async-signal-safe.
        unsafe { sigaction(signal, &action) }?;
    }
    while !ASKED.load(Ordering::Relaxed) && !stop.is_set() {
        if let Some(mut task) = inbox.take() {
            // SA_RESTART: the wait for the device begins again by itself.
            while task.step()? {}
            continue;
        }
        let mut ends = [PollFd::new(wakes.as_fd(), PollFlags::POLLIN)];
        match poll(&mut ends, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        // Emptied before the next tests, never after them.
        while matches!(read(&wakes, &mut [0; 64]), Ok(1..)) {}
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(work)
}
