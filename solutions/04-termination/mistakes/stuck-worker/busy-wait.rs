//! Mistake: looks without a pause until the grace period is over.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use termination::stuck_worker::drive;

fn stop(worker: Pid, grace: Duration) -> io::Result<i32> {
    kill(worker, Signal::SIGTERM)?;
    let deadline = Instant::now() + grace;
    let mut status = WaitStatus::StillAlive;
    while status == WaitStatus::StillAlive && Instant::now() < deadline {
        status = waitpid(worker, Some(WaitPidFlag::WNOHANG))?;
    }
    if status == WaitStatus::StillAlive {
        kill(worker, Signal::SIGKILL)?;
        status = waitpid(worker, None)?;
    }
    match status {
        WaitStatus::Exited(_, code) => Ok(code),
        WaitStatus::Signaled(_, signal, _) => Ok(-(signal as i32)),
        other => Err(io::Error::other(format!("unexpected {other:?}"))),
    }
}

fn main() -> ExitCode {
    drive(stop)
}
