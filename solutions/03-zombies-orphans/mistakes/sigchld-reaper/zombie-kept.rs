//! Mistake: no word of SIGCHLD: the children are reaped when the work is done, and are zombies until then.

use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, wait};
use zombies_orphans::sigchld_reaper::{Work, drive};

fn work_and_reap(work: &mut Work) -> nix::Result<Vec<WaitStatus>> {
    let mut statuses = Vec::new();
    while work.step()? {}
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
    drive(work_and_reap)
}
