//! Mistake: the parent waits for its child. So the child never becomes an orphan, and asks for its parent too early.

use std::process::ExitCode;

use nix::libc;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, getppid};
use zombies_orphans::orphan::{Orphan, drive};

fn outlive(orphan: &Orphan) -> nix::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = i32::from(leave_an_orphan(orphan).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => waitpid(child, None).map(drop),
    }
}

fn leave_an_orphan(orphan: &Orphan) -> nix::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            orphan.adopted_by(getppid());
            // SAFETY: as above.
            unsafe { libc::_exit(0) }
        }
        ForkResult::Parent { child } => waitpid(child, None).map(drop),
    }
}

fn main() -> ExitCode {
    drive(outlive)
}
