//! Variant: the two calls by their numbers, as programs make them whose library lacks them.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use zombies_orphans::pid_reuse::drive;

type Handle = OwnedFd;

fn find(child: Pid) -> io::Result<Handle> {
    // SAFETY: this call touches no memory.
    let result = unsafe { libc::syscall(libc::SYS_pidfd_open, child.as_raw(), 0) };
    let descriptor = RawFd::try_from(Errno::result(result)?).map_err(io::Error::other)?;
    // SAFETY: the descriptor is new and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

fn send(handle: &Handle, signal: Signal) -> io::Result<bool> {
    let nothing: *const libc::siginfo_t = std::ptr::null();
    // SAFETY: without further information the kernel makes the signal's own.
    let result = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            handle.as_raw_fd(),
            signal as i32,
            nothing,
            0,
        )
    };
    match Errno::result(result) {
        Ok(_) => Ok(true),
        Err(Errno::ESRCH) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn main() -> ExitCode {
    drive(find, send)
}
