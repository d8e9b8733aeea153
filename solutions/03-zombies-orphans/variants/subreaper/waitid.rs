//! Variant: waitid(2) reaps, and prctl(2) is called by hand.

use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, fork};
use zombies_orphans::subreaper::{Subtree, drive};

fn adopt_and_reap(subtree: &Subtree) -> nix::Result<Vec<WaitStatus>> {
    // Before the subtree exists: an orphan that was made earlier would have gone to somebody else.
    // SAFETY: this call touches no memory.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) })?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Child = unsafe { fork() }? {
        let code = subtree.grow();
        // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
        unsafe { libc::_exit(code) }
    }
    let mut statuses = Vec::new();
    loop {
        match waitid(Id::All, WaitPidFlag::WEXITED) {
            // Own child or adopted one: the kernel makes no difference. A process that ends hands its children over
            // before it can be reaped, so there is no moment at which this process has no children too early.
            Ok(status) => statuses.push(status),
            Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => return Ok(statuses),
            Err(error) => return Err(error),
        }
    }
}

fn main() -> ExitCode {
    drive(adopt_and_reap)
}
