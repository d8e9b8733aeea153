//! Mistake: the `?` in the child returns from the function in the child too, when the transfer fails.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use start::owned_descriptors::{drive, transfer};

fn copy_in_child(source: &Path, target: &Path) -> io::Result<WaitStatus> {
    let source = open(source, OFlag::O_RDONLY, Mode::empty())?;
    let target = open(
        target,
        OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC,
        Mode::from_bits_truncate(0o644),
    )?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            transfer(source.as_fd(), target.as_fd())?;
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(0) }
        }
        ForkResult::Parent { child } => Ok(waitpid(child, None)?),
    }
}

fn main() -> ExitCode {
    drive(copy_in_child)
}
