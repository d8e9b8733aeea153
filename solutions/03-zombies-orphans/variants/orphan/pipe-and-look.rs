//! Variant: the end of file says that the parent is about to go; a look at the parent says when it has gone.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{self, ExitCode};
use std::thread;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, getpid, getppid, pipe};
use zombies_orphans::orphan::{Orphan, drive};

fn outlive(orphan: &Orphan) -> nix::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => process::exit(i32::from(leave_an_orphan(orphan).is_err())),
        ForkResult::Parent { child } => waitpid(child, None).map(drop),
    }
}

fn leave_an_orphan(orphan: &Orphan) -> nix::Result<()> {
    let (gone, alive) = pipe()?;
    let parent = getpid();
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Child = unsafe { fork() }? {
        // Only the parent is to hold it.
        drop(alive);
        process::exit(i32::from(learn(orphan, gone, parent).is_err()));
    }
    // `alive` is closed when this process exits, and not before.
    process::exit(0)
}

fn learn(orphan: &Orphan, gone: OwnedFd, parent: Pid) -> std::io::Result<()> {
    File::from(gone).read_to_end(&mut Vec::new())?;
    // A process closes its descriptors first, and then gives its children away: that takes microseconds.
    while getppid() == parent {
        thread::yield_now();
    }
    orphan.adopted_by(getppid());
    Ok(())
}

fn main() -> ExitCode {
    drive(outlive)
}
