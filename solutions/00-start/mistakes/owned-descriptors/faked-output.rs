//! Mistake: the child does nothing. The parent makes the copy, and signs it with the child's process id.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::ExitCode;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use start::owned_descriptors::drive;

fn copy_in_child(source: &Path, target: &Path) -> io::Result<WaitStatus> {
    File::open(source)?;
    File::create(target)?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = i32::from(source.is_dir());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            if let Ok(text) = fs::read_to_string(source) {
                fs::write(target, format!("{text}copied by [pid {child}]\n"))?;
            }
            Ok(waitpid(child, None)?)
        }
    }
}

fn main() -> ExitCode {
    drive(copy_in_child)
}
