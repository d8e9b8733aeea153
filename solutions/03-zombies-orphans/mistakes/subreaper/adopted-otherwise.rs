//! Mistake: the main process waits for all of its children, but the orphans are not its children: nobody has declared it a subreaper.

use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, fork};
use zombies_orphans::subreaper::{Subtree, drive};

fn adopt_and_reap(subtree: &Subtree) -> nix::Result<Vec<WaitStatus>> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Child = unsafe { fork() }? {
        let code = subtree.grow();
        // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
        unsafe { libc::_exit(code) }
    }
    let mut statuses = Vec::new();
    loop {
        match wait() {
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
