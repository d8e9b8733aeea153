//! Variant: std's `File`, which owns its descriptor as well; nothing is dropped by name, and any child
//! is waited for.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, fork};
use start::owned_descriptors::{drive, transfer};

fn copy_in_child(source: &Path, target: &Path) -> io::Result<WaitStatus> {
    let source = File::open(source)?;
    let target = File::create(target)?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Parent { .. } = unsafe { fork() }? {
        return Ok(wait()?); // and `source` and `target` are dropped here
    }
    let code = match transfer(source.as_fd(), target.as_fd()) {
        Ok(()) => 0,
        Err(_) => 1,
    };
    // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
    unsafe { nix::libc::_exit(code) }
}

fn main() -> ExitCode {
    drive(copy_in_child)
}
