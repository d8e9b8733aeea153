//! Mistake: the loop goes on as long as children exit. The first one that a signal has killed ends it.

use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, wait};
use zombies_orphans::reap_all::drive;

fn reap_all() -> nix::Result<Vec<WaitStatus>> {
    let mut statuses = Vec::new();
    loop {
        match wait() {
            Ok(status @ WaitStatus::Exited(..)) => statuses.push(status),
            Ok(status) => {
                statuses.push(status);
                return Ok(statuses);
            }
            Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => return Ok(statuses),
            Err(error) => return Err(error),
        }
    }
}

fn main() -> ExitCode {
    drive(reap_all)
}
