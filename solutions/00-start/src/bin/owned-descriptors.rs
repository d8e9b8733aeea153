//! Reference answer of `owned-descriptors`.

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
    let source = open(source, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?;
    // If this fails, `?` returns, and on the way out drops `source`: no path out of the function
    // forgets to close.
    let target = open(
        target,
        OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC | OFlag::O_CLOEXEC,
        Mode::from_bits_truncate(0o644),
    )?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // `as_fd` lends the descriptors: `transfer` uses them and this function still owns them.
            // An error cannot be returned to another process; the exit code carries it.
            let code = i32::from(transfer(source.as_fd(), target.as_fd()).is_err());
            // Nothing is dropped here; the kernel closes what this process has open. The parent's
            // text in the inherited buffer of `stdout` is not written a second time.
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            // The parent's two descriptors are its own, whatever the child does with its copies.
            // Dropped here or at the end of the function: once, in either case.
            drop(source);
            drop(target);
            Ok(waitpid(child, None)?)
        }
    }
}

fn main() -> ExitCode {
    drive(copy_in_child)
}
