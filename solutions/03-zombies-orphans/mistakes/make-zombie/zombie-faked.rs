//! Mistake: the child is reaped first, and shown as a zombie afterwards, when it is nothing any more.

use std::process::ExitCode;

use nix::libc;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use zombies_orphans::make_zombie::{Display, Ending, drive};

fn make_zombie(ending: &Ending, display: &Display) -> nix::Result<WaitStatus> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = ending.approach();
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            let status = waitpid(child, None)?;
            display.show(child, |_| Ok('Z'));
            Ok(status)
        }
    }
}

fn main() -> ExitCode {
    drive(make_zombie)
}
