//! Mistake: every error of `wait` is taken for the news that no child is left.

use std::process::ExitCode;

use nix::sys::wait::{WaitStatus, wait};
use zombies_orphans::reap_all::drive;

fn reap_all() -> nix::Result<Vec<WaitStatus>> {
    let mut statuses = Vec::new();
    while let Ok(status) = wait() {
        statuses.push(status);
    }
    Ok(statuses)
}

fn main() -> ExitCode {
    drive(reap_all)
}
