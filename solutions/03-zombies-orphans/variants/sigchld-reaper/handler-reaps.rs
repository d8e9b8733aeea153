//! Variant: the handler itself reaps, and leaves the statuses in slots that exist beforehand.

use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction};
use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;
use zombies_orphans::sigchld_reaper::{Work, drive};

/// What the handler has learned: pid and status word. Atomics are the only memory that it may write.
static SLOTS: [(AtomicI32, AtomicI32); 1000] =
    [const { (AtomicI32::new(0), AtomicI32::new(0)) }; 1000];
static USED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn reap_ended(_: i32) {
    // The call that was interrupted may be about to look at its own error.
    let error = Errno::last_raw();
    loop {
        let mut word = 0;
        // SAFETY: `word` lives longer than the call; waitpid is async-signal-safe.
        let pid = unsafe { libc::waitpid(-1, &raw mut word, libc::WNOHANG) };
        if pid <= 0 {
            break;
        }
        if let Some(slot) = SLOTS.get(USED.fetch_add(1, Ordering::Relaxed)) {
            slot.0.store(pid, Ordering::Relaxed);
            slot.1.store(word, Ordering::Relaxed);
        }
    }
    Errno::set_raw(error);
}

fn work_and_reap(work: &mut Work) -> nix::Result<Vec<WaitStatus>> {
    let action = SigAction::new(
        SigHandler::Handler(reap_ended),
        // Without SA_RESTART: whoever is interrupted has to try again.
        SaFlags::SA_NOCLDSTOP,
        SigSet::empty(),
    );
    // SAFETY: the handler calls async-signal-safe functions only.
    let before = unsafe { sigaction(Signal::SIGCHLD, &action) }?;
    while work.step()? {}
    // No child ends unseen between the question and the sleep: the signal is blocked, but for the sleep itself.
    let unblocked = SigSet::from(Signal::SIGCHLD).thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    while has_children() {
        unblocked.suspend()?;
    }
    // SAFETY: this was the action before.
    unsafe { sigaction(Signal::SIGCHLD, &before) }?;
    let slots = SLOTS.iter().take(USED.load(Ordering::Relaxed));
    slots
        .map(|(pid, word)| {
            let pid = Pid::from_raw(pid.load(Ordering::Relaxed));
            WaitStatus::from_raw(pid, word.load(Ordering::Relaxed))
        })
        .collect()
}

fn has_children() -> bool {
    // WNOWAIT leaves every child as it is.
    let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: zeros are a valid value of this plain structure.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: `info` lives longer than the call.
    unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, flags) == 0 }
}

fn main() -> ExitCode {
    drive(work_and_reap)
}
