//! Variant: SIGCHLD stays blocked and is waited for with a timeout. It can come for another child, or have come before.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use termination::stuck_worker::drive;

fn stop(worker: Pid, grace: Duration) -> io::Result<i32> {
    let chld = SigSet::from(Signal::SIGCHLD);
    let mut before = SigSet::empty();
    // Before the first look: an end behind it leaves the signal pending.
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&chld), Some(&mut before))?;
    let status = ask_then_force(worker, Instant::now() + grace, &chld);
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
    match status? {
        WaitStatus::Exited(_, code) => Ok(code),
        WaitStatus::Signaled(_, signal, _) => Ok(-(signal as i32)),
        other => Err(io::Error::other(format!("unexpected {other:?}"))),
    }
}

fn ask_then_force(worker: Pid, deadline: Instant, chld: &SigSet) -> nix::Result<WaitStatus> {
    // Counted from here or a little before: the grace period is not shorter than it was promised.
    let deadline = deadline + Duration::from_millis(1);
    kill(worker, Signal::SIGTERM)?;
    loop {
        match waitpid(worker, Some(WaitPidFlag::WNOHANG))? {
            WaitStatus::StillAlive => {}
            ended => return Ok(ended),
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            kill(worker, Signal::SIGKILL)?;
            return waitpid(worker, None);
        }
        let longest = libc::timespec {
            tv_sec: libc::time_t::try_from(left.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        // SAFETY: set and time are this function's own, and the details of the signal are not asked for. Whether it
        // was the signal or the timeout, the next turn looks again.
        unsafe { libc::sigtimedwait(chld.as_ref(), std::ptr::null_mut(), &raw const longest) };
    }
}

fn main() -> ExitCode {
    drive(stop)
}
