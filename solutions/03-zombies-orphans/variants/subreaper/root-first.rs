//! Variant: the root is waited for by its pid, then its orphans and theirs, by SIGCHLD.

use std::process::{self, ExitCode};

use nix::errno::Errno;
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use zombies_orphans::subreaper::{Subtree, drive};

fn adopt_and_reap(subtree: &Subtree) -> nix::Result<Vec<WaitStatus>> {
    prctl::set_child_subreaper(true)?;
    let ended = SigSet::from(Signal::SIGCHLD);
    let mut statuses = Vec::new();
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => process::exit(subtree.grow()),
        // Its children are this process's by the time at which this returns.
        ForkResult::Parent { child } => statuses.push(waitpid(child, None)?),
    }
    ended.thread_block()?;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => {
                ended.wait()?;
            }
            Ok(status) => statuses.push(status),
            Err(Errno::ECHILD) => return Ok(statuses),
            Err(error) => return Err(error),
        }
    }
}

fn main() -> ExitCode {
    drive(adopt_and_reap)
}
