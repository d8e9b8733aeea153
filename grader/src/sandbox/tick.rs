//! A clock that wakes the runner from its wait: SIGALRM at short intervals, for everything that no process reports.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// Whether the clock has ticked since the last look.
static TICKED: AtomicBool = AtomicBool::new(false);

extern "C" fn tick(_signal: libc::c_int) {
    TICKED.store(true, Ordering::Relaxed);
}

/// Starts the clock. A wait is interrupted by it (EINTR); a tick that comes outside of a wait is remembered, and the next one
/// comes soon, so none is lost for longer than an interval. A child does not inherit the clock (`setitimer(2)`).
///
/// # Errors
/// When the kernel refuses.
pub(super) fn start(interval: Duration) -> io::Result<()> {
    // Without SA_RESTART: to interrupt the wait is what the signal is for.
    let action = SigAction::new(SigHandler::Handler(tick), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler stores one atomic bool, which is async-signal-safe.
    unsafe { sigaction(Signal::SIGALRM, &action) }?;
    let interval = libc::timeval {
        tv_sec: libc::time_t::try_from(interval.as_secs()).map_err(io::Error::other)?,
        tv_usec: interval.subsec_micros().into(),
    };
    let timer = libc::itimerval {
        it_interval: interval,
        it_value: interval,
    };
    // SAFETY: `timer` is a valid structure for the duration of the call, and the old value is not asked for.
    let set = unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()) };
    Errno::result(set)?;
    Ok(())
}

/// Whether the clock has ticked since this was asked last.
pub(super) fn has_ticked() -> bool {
    TICKED.swap(false, Ordering::Relaxed)
}
