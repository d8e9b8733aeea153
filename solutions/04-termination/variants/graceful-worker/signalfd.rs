//! Variant: no handler at all. The signals stay blocked, and are read like messages from a signalfd(2).

use std::io;
use std::process::ExitCode;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::{errno::Errno, libc};
use termination::graceful_worker::{Inbox, StopEvent, drive};

fn work(inbox: &mut Inbox, stop: &StopEvent) -> io::Result<()> {
    let ours: SigSet = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGUSR1]
        .into_iter()
        .collect();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&ours), None)?;
    let look = SignalFd::with_flags(&ours, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    let wait = SignalFd::with_flags(&ours, SfdFlags::SFD_CLOEXEC)?;
    let is_request = |signal: u32| signal != libc::SIGUSR1.cast_unsigned();
    loop {
        // What came during the task.
        while let Some(signal) = look.read_signal()? {
            if is_request(signal.ssi_signo) {
                return Ok(());
            }
        }
        if stop.is_set() {
            return Ok(());
        }
        match inbox.take() {
            // Nothing interrupts a step where no handler can run.
            Some(mut task) => while task.step()? {},
            None => match wait.read_signal() {
                Ok(Some(signal)) if is_request(signal.ssi_signo) => return Ok(()),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno.into()),
            },
        }
    }
}

fn main() -> ExitCode {
    drive(work)
}
