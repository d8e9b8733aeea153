//! Variant: the signals stay blocked and are fetched, one by one: `sigwait` sleeps until one is pending, and takes it out.

use std::io;
use std::process::ExitCode;

use nix::libc;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use termination::graceful_worker::{Inbox, StopEvent, drive};

fn work(inbox: &mut Inbox, stop: &StopEvent) -> io::Result<()> {
    let requests: SigSet = [Signal::SIGTERM, Signal::SIGINT].into_iter().collect();
    let mut ours = requests;
    ours.add(Signal::SIGUSR1);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&ours), None)?;
    loop {
        if stop.is_set() || is_pending(&requests)? {
            return Ok(());
        }
        match inbox.take() {
            Some(mut task) => while task.step()? {},
            None if ours.wait()? == Signal::SIGUSR1 => {}
            None => return Ok(()),
        }
    }
}

/// Whether one of the blocked signals has come. It stays where it is.
fn is_pending(signals: &SigSet) -> io::Result<bool> {
    let mut pending = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is this function's own, and the call fills it.
    let result = unsafe { libc::sigpending(pending.as_mut_ptr()) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has succeeded, so the set is filled.
    let pending = unsafe { pending.assume_init() };
    Ok(signals.iter().any(|signal| {
        // SAFETY: the set is a valid one, and the number that of a signal.
        let found = unsafe { libc::sigismember(&raw const pending, signal as i32) };
        found == 1
    }))
}

fn main() -> ExitCode {
    drive(work)
}
