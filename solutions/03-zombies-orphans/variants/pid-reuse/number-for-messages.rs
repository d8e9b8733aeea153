//! Variant: the number is kept beside the pidfd, for messages only.

use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use rustix::io::Errno;
use rustix::process::{self, PidfdFlags, pidfd_open, pidfd_send_signal};
use zombies_orphans::pid_reuse::drive;

/// The number is kept beside the pidfd, for messages only.
type Handle = (Pid, OwnedFd);

fn find(child: Pid) -> io::Result<Handle> {
    let number = process::Pid::from_raw(child.as_raw()).ok_or(Errno::SRCH)?;
    Ok((child, pidfd_open(number, PidfdFlags::empty())?))
}

fn send(handle: &Handle, signal: Signal) -> io::Result<bool> {
    let (child, pidfd) = handle;
    let signal = process::Signal::from_named_raw(signal as i32).ok_or(Errno::INVAL)?;
    let sent = pidfd_send_signal(pidfd, signal);
    if let Err(error) = &sent {
        eprintln!("child {child} cannot be signaled: {error}");
    }
    match sent {
        Err(Errno::SRCH) => Ok(false),
        result => Ok(result.map(|()| true)?),
    }
}

fn main() -> ExitCode {
    drive(find, send)
}
