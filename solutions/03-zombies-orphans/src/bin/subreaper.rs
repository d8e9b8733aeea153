//! Reference answer of `subreaper`.

use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl;
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, fork};
use zombies_orphans::subreaper::{Subtree, drive};

fn adopt_and_reap(subtree: &Subtree) -> nix::Result<Vec<WaitStatus>> {
    // Before the subtree exists: an orphan that was made earlier would have gone to somebody else.
    prctl::set_child_subreaper(true)?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Child = unsafe { fork() }? {
        let code = subtree.grow();
        // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
        unsafe { libc::_exit(code) }
    }
    let mut statuses = Vec::new();
    loop {
        match wait() {
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
