//! Mistake: the children are asked for again and again, with WNOHANG.

use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use zombies_orphans::reap_all::drive;

fn reap_all() -> nix::Result<Vec<WaitStatus>> {
    let mut statuses = Vec::new();
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => {}
            Ok(status) => statuses.push(status),
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
