//! Mistake: the orphan sleeps until its parent must have ended.

use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

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
    if let ForkResult::Child = unsafe { fork() }? {
        sleep(Duration::from_millis(500));
        orphan.adopted_by(getppid());
        // SAFETY: as above.
        unsafe { libc::_exit(0) }
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(outlive)
}
