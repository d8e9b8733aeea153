//! Variant: SIGCHLD is blocked and waited for; then all that have ended are reaped, and so on until there is no child.

use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use zombies_orphans::reap_all::drive;

fn reap_all() -> nix::Result<Vec<WaitStatus>> {
    let ended = SigSet::from(Signal::SIGCHLD);
    // From here on no signal is lost: it comes when it is waited for.
    ended.thread_block()?;
    let mut statuses = Vec::new();
    loop {
        // First those that have ended before the signal was blocked.
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) => {
                ended.wait()?;
            }
            Ok(status) => statuses.push(status),
            Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => return Ok(statuses),
            Err(error) => return Err(error),
        }
    }
}

fn main() -> ExitCode {
    drive(reap_all)
}
