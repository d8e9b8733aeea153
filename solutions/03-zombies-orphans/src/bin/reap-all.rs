//! Reference answer of `reap-all`.

use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, wait};
use zombies_orphans::reap_all::drive;

fn reap_all() -> nix::Result<Vec<WaitStatus>> {
    let mut statuses = Vec::new();
    loop {
        match wait() {
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
