//! Mistake: the orphans are adopted, and then forgotten: only the root is waited for.

use std::process::ExitCode;

use nix::libc;
use nix::sys::prctl;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use zombies_orphans::subreaper::{Subtree, drive};

fn adopt_and_reap(subtree: &Subtree) -> nix::Result<Vec<WaitStatus>> {
    // Before the subtree exists: an orphan that was made earlier would have gone to somebody else.
    prctl::set_child_subreaper(true)?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = subtree.grow();
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => Ok(vec![waitpid(child, None)?]),
    }
}

fn main() -> ExitCode {
    drive(adopt_and_reap)
}
