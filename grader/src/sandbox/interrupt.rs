//! Ctrl-C, and other requests to end, for the grader itself: remembered, so that every run can be ended and
//! reaped before the grader ends as the signal asks.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};

/// The signal that asked the grader to end; 0 while none has.
static REQUESTED: AtomicI32 = AtomicI32::new(0);

extern "C" fn remember(signal: libc::c_int) {
    REQUESTED.store(signal, Ordering::Relaxed);
}

/// How often, in milliseconds, a waiting grader looks whether somebody wants it to end.
const LOOK: u16 = 100;

/// Remembers SIGINT, SIGTERM and SIGHUP from now on instead of dying of them. A second one of the same kind ends the
/// grader at once: nobody is locked in. What the grader was told to ignore, as by `nohup(1)`, stays ignored, but for
/// SIGCHLD: who ignores that is not told how its children end (`wait(2)`).
pub fn remember_requests() {
    let action = SigAction::new(
        SigHandler::Handler(remember),
        SaFlags::SA_RESETHAND,
        SigSet::empty(),
    );
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: the handler stores one atomic integer, which is async-signal-safe.
        // An error is impossible for these signals; without the handler the default action stays.
        let before = unsafe { sigaction(signal, &action) };
        if let Ok(before) = before
            && matches!(before.handler(), SigHandler::SigIgn)
        {
            // SAFETY: ignoring a signal runs no code.
            let _ = unsafe { sigaction(signal, &before) };
        }
    }
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: the default action has no handler whose state could be violated.
    let _ = unsafe { sigaction(Signal::SIGCHLD, &default) };
}

/// What a grader that waited for bytes has to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// There are bytes, or the end of file.
    Read,
    /// Nothing has happened for a while.
    Look,
    /// Somebody asked the grader to end.
    End,
}

/// Waits a while for bytes.
///
/// # Errors
/// When the source cannot be waited for.
pub fn wait_for_bytes(source: &impl AsFd) -> io::Result<Next> {
    let mut sources = [PollFd::new(source.as_fd(), PollFlags::POLLIN)];
    let ready = match poll(&mut sources, LOOK) {
        Err(Errno::EINTR) => 0,
        ready => ready?,
    };
    Ok(match ready {
        _ if is_requested() => Next::End,
        0 => Next::Look,
        _ => Next::Read,
    })
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
