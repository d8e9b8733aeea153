//! Mistake: the child leaves with `exit`, which writes the text that it inherited in the buffer of
//! `stdout`.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{ExitCode, exit};

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
        ForkResult::Child => match transfer(source.as_fd(), target.as_fd()) {
            Ok(()) => exit(0),
            Err(_) => exit(1),
        },
        ForkResult::Parent { child } => Ok(waitpid(child, None)?),
    }
}

fn main() -> ExitCode {
    drive(copy_in_child)
}
