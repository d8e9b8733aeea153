//! Mistake: one child is reaped for one SIGCHLD, as if each end had a signal of its own.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitPidFlag, WaitStatus, wait, waitpid};
use zombies_orphans::sigchld_reaper::{Work, drive};

/// Set by the handler: one child has ended, or more. A second SIGCHLD that comes before the first was seen changes nothing.
static CHILD_ENDED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_end(_: i32) {
    // All that is done here: it neither waits nor allocates nor takes a lock, wherever the program was interrupted.
    CHILD_ENDED.store(true, Ordering::Relaxed);
}

fn work_and_reap(work: &mut Work) -> nix::Result<Vec<WaitStatus>> {
    // Calls that the handler interrupts go on by themselves; a child that was only stopped is no concern of ours.
    let flags = SaFlags::SA_RESTART | SaFlags::SA_NOCLDSTOP;
    let action = SigAction::new(SigHandler::Handler(note_end), flags, SigSet::empty());
    // SAFETY: the handler calls no function that is not async-signal-safe.
    unsafe { sigaction(Signal::SIGCHLD, &action) }?;

    let mut statuses = Vec::new();
    while work.step()? {
        // Taken down before reaping: for a child that ends meanwhile it is set again.
        if CHILD_ENDED.swap(false, Ordering::Relaxed) {
            reap_ended(&mut statuses)?;
        }
    }
    // There is nothing else to do, so from here on it may wait.
    loop {
        match wait() {
            Ok(status) => statuses.push(status),
            Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => return Ok(statuses),
            Err(error) => return Err(error),
        }
    }
}

/// Reaps the child that the signal was about.
fn reap_ended(statuses: &mut Vec<WaitStatus>) -> nix::Result<()> {
    match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
        Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => Ok(()),
        Ok(status) => {
            statuses.push(status);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn main() -> ExitCode {
    drive(work_and_reap)
}
