//! Variant: waitid(2) for any child, and the list of those that are left in /proc is not needed.

use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use zombies_orphans::reap_all::drive;

fn reap_all() -> nix::Result<Vec<WaitStatus>> {
    let mut statuses = Vec::new();
    loop {
        match waitid(Id::All, WaitPidFlag::WEXITED) {
            // Whoever ends next, by itself or by a signal: it is reaped now, and its status is told once.
            Ok(status) => statuses.push(status),
            // A signal came, and no child: the wait begins again.
            Err(Errno::EINTR) => {}
            // The only way to know that all were reaped.
            Err(Errno::ECHILD) => return Ok(statuses),
            Err(error) => return Err(error),
        }
    }
}

fn main() -> ExitCode {
    drive(reap_all)
}
