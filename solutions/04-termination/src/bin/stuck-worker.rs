//! Reference answer of `stuck-worker`.

use std::io;
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use rustix::process::{PidfdFlags, pidfd_open};
use termination::stuck_worker::drive;

fn stop(worker: Pid, grace: Duration) -> io::Result<i32> {
    // The pid of a child that nobody has waited for is its own, also when it has ended: this never hits a stranger.
    kill(worker, Signal::SIGTERM)?;
    if !ends_within(worker, grace)? {
        // It cannot be handled, blocked or ignored, so the wait below does not take long.
        kill(worker, Signal::SIGKILL)?;
    }
    match waitpid(worker, None)? {
        WaitStatus::Exited(_, code) => Ok(code),
        WaitStatus::Signaled(_, signal, _) => Ok(-(signal as i32)),
        other => Err(io::Error::other(format!("unexpected {other:?}"))),
    }
}

/// Waits for the end of a child, at most for `longest`. Does not reap it.
fn ends_within(child: Pid, longest: Duration) -> io::Result<bool> {
    let pid = rustix::process::Pid::from_raw(child.as_raw()).ok_or(Errno::ESRCH)?;
    // Readable as soon as the process has ended, so there is nothing to look at in between.
    let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
    let deadline = Instant::now() + longest;
    loop {
        // An interrupted wait goes on with what is left of the time, or it would begin anew with each signal.
        let left = deadline.saturating_duration_since(Instant::now());
        // In whole milliseconds, rounded up: rounded down, the last one would be a busy loop.
        let left = left + Duration::from_micros(999);
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let mut ends = [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
        match poll(&mut ends, timeout) {
            Ok(0) if Instant::now() < deadline => {}
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

fn main() -> ExitCode {
    drive(stop)
}
