//! Mistake: takes the numbers out of their owners and closes them at the end. The early return of the
//! second `?` leaves the first one open.

use std::io;
use std::os::fd::{BorrowedFd, IntoRawFd};
use std::path::Path;
use std::process::ExitCode;

use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, close, fork};
use start::owned_descriptors::{drive, transfer};

fn copy_in_child(source: &Path, target: &Path) -> io::Result<WaitStatus> {
    let source = open(source, OFlag::O_RDONLY, Mode::empty())?.into_raw_fd();
    let target = open(
        target,
        OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC,
        Mode::from_bits_truncate(0o644),
    )?
    .into_raw_fd();
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // SAFETY: both descriptors are open until this process ends.
            let (from, to) = unsafe {
                (
                    BorrowedFd::borrow_raw(source),
                    BorrowedFd::borrow_raw(target),
                )
            };
            let code = i32::from(transfer(from, to).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            let status = waitpid(child, None)?;
            close(source)?;
            close(target)?;
            Ok(status)
        }
    }
}

fn main() -> ExitCode {
    drive(copy_in_child)
}
