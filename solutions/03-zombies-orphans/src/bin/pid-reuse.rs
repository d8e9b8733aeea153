//! Reference answer of `pid-reuse`.

use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use rustix::io::Errno;
use rustix::process::{self, PidfdFlags, pidfd_open, pidfd_send_signal};
use zombies_orphans::pid_reuse::drive;

/// A pidfd. The kernel keeps what it refers to for as long as it is open, though not the number.
type Handle = OwnedFd;

fn find(child: Pid) -> io::Result<Handle> {
    // The child was not reaped yet, so the number is the child's. Later it may be anybody's.
    let child = process::Pid::from_raw(child.as_raw()).ok_or(Errno::SRCH)?;
    Ok(pidfd_open(child, PidfdFlags::empty())?)
}

fn send(handle: &Handle, signal: Signal) -> io::Result<bool> {
    let signal = process::Signal::from_named_raw(signal as i32).ok_or(Errno::INVAL)?;
    match pidfd_send_signal(handle, signal) {
        // A zombie takes a signal without a word: it has not been reaped.
        Ok(()) => Ok(true),
        // It was reaped. One call asks and sends, so nobody can come between.
        Err(Errno::SRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn main() -> ExitCode {
    drive(find, send)
}
