//! Mistake: the handler waits until every child has ended. The work stands still, which some of them wait for.

use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::Pid;
use zombies_orphans::sigchld_reaper::{Work, drive};

/// Statuses that the handler has collected: pid and word.
static SLOTS: [(AtomicI32, AtomicI32); 100] =
    [const { (AtomicI32::new(0), AtomicI32::new(0)) }; 100];
static USED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn reap_ended(_: i32) {
    let mut word = 0;
    loop {
        // SAFETY: `word` lives longer than the call; waitpid is async-signal-safe.
        let pid = unsafe { libc::waitpid(-1, &raw mut word, 0) };
        if pid <= 0 {
            return;
        }
        if let Some(slot) = SLOTS.get(USED.fetch_add(1, Ordering::Relaxed)) {
            slot.0.store(pid, Ordering::Relaxed);
            slot.1.store(word, Ordering::Relaxed);
        }
    }
}

fn work_and_reap(work: &mut Work) -> nix::Result<Vec<WaitStatus>> {
    // Calls that the handler interrupts go on by themselves; a child that was only stopped is no concern of ours.
    let flags = SaFlags::SA_RESTART | SaFlags::SA_NOCLDSTOP;
    let action = SigAction::new(SigHandler::Handler(reap_ended), flags, SigSet::empty());
    // SAFETY: the handler calls no function that is not async-signal-safe.
    unsafe { sigaction(Signal::SIGCHLD, &action) }?;

    let mut statuses = Vec::new();
    while work.step()? {}
    loop {
        match wait() {
            Ok(status) => statuses.push(status),
            Err(Errno::EINTR) => {}
            Err(Errno::ECHILD) => break,
            Err(error) => return Err(error),
        }
    }
    for (pid, word) in SLOTS.iter().take(USED.load(Ordering::Relaxed)) {
        let pid = Pid::from_raw(pid.load(Ordering::Relaxed));
        statuses.push(WaitStatus::from_raw(pid, word.load(Ordering::Relaxed))?);
    }
    Ok(statuses)
}

fn main() -> ExitCode {
    drive(work_and_reap)
}
