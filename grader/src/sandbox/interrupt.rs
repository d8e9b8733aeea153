//! Ctrl-C, and other requests to end, for the grader itself: remembered, so that every run can be ended and
//! reaped before the grader ends as the signal asks.

use std::sync::atomic::{AtomicI32, Ordering};

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};

/// The signal that asked the grader to end; 0 while none has.
static REQUESTED: AtomicI32 = AtomicI32::new(0);

extern "C" fn remember(signal: libc::c_int) {
    REQUESTED.store(signal, Ordering::Relaxed);
}

/// Remembers SIGINT, SIGTERM and SIGHUP from now on instead of dying of them. A second one of the same kind ends the
/// grader at once: nobody is locked in.
pub fn remember_requests() {
    let action = SigAction::new(
        SigHandler::Handler(remember),
        SaFlags::SA_RESETHAND,
        SigSet::empty(),
    );
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: the handler stores one atomic integer, which is async-signal-safe.
        // An error is impossible for these signals; without the handler the default action stays.
        let _ = unsafe { sigaction(signal, &action) };
    }
}

/// Whether somebody asked the grader to end.
#[must_use]
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed) != 0
}

/// Ends the grader as the remembered signal would have, so that a shell sees that it was interrupted.
/// Does nothing when no signal was remembered.
pub fn end_as_requested() {
    let Ok(signal) = Signal::try_from(REQUESTED.load(Ordering::Relaxed)) else {
        return;
    };
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action has no handler whose state could be violated.
    let _ = unsafe { sigaction(signal, &default) };
    let _ = raise(signal);
}
