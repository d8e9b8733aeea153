//! Variant: SIGCHLD is blocked and read from a descriptor: no handler, nothing is interrupted.

use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, wait, waitpid};
use zombies_orphans::sigchld_reaper::{Work, drive};

fn work_and_reap(work: &mut Work) -> nix::Result<Vec<WaitStatus>> {
    let ended = SigSet::from(Signal::SIGCHLD);
    ended.thread_block()?;
    let mut signals = SignalFd::with_flags(&ended, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)?;
    let mut statuses = Vec::new();
    while work.step()? {
        // One signal can stand for many ends: how many it says nothing about.
        while signals.read_signal()?.is_some() {
            reap_ended(&mut statuses)?;
        }
    }
    loop {
        match wait() {
            Ok(status) => statuses.push(status),
            Err(Errno::ECHILD) => return Ok(statuses),
            Err(error) => return Err(error),
        }
    }
}

fn reap_ended(statuses: &mut Vec<WaitStatus>) -> nix::Result<()> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(()),
            Ok(status) => statuses.push(status),
            Err(error) => return Err(error),
        }
    }
}

fn main() -> ExitCode {
    drive(work_and_reap)
}
