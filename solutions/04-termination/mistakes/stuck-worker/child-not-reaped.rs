//! Mistake: takes the exit code from a look that leaves the zombie where it is.

use std::io;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use termination::stuck_worker::drive;

fn stop(worker: Pid, grace: Duration) -> io::Result<i32> {
    kill(worker, Signal::SIGTERM)?;
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    let deadline = Instant::now() + grace;
    let mut status = WaitStatus::StillAlive;
    while status == WaitStatus::StillAlive && Instant::now() < deadline {
        sleep(Duration::from_millis(10));
        status = waitid(Id::Pid(worker), look | WaitPidFlag::WNOHANG)?;
    }
    if status == WaitStatus::StillAlive {
        kill(worker, Signal::SIGKILL)?;
        status = waitid(Id::Pid(worker), look)?;
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
