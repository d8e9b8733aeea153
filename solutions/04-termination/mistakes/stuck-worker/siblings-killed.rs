//! Mistake: sends the signals to the process group of the worker, to catch its children as well. Its siblings are in the same group.

use std::io;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use nix::unistd::getpgid;
use termination::stuck_worker::drive;

fn stop(worker: Pid, grace: Duration) -> io::Result<i32> {
    let group = getpgid(Some(worker))?;
    killpg(group, Signal::SIGTERM)?;
    let deadline = Instant::now() + grace;
    let mut status = waitpid(worker, Some(WaitPidFlag::WNOHANG))?;
    while status == WaitStatus::StillAlive && Instant::now() < deadline {
        sleep(Duration::from_millis(10));
        status = waitpid(worker, Some(WaitPidFlag::WNOHANG))?;
    }
    if status == WaitStatus::StillAlive {
        killpg(group, Signal::SIGKILL)?;
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
