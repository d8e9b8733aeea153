//! Mistake: ends the worker by force at once. It works each time, and leaves behind whatever the worker had in hand.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use termination::stuck_worker::drive;

fn stop(worker: Pid, _grace: Duration) -> io::Result<i32> {
    kill(worker, Signal::SIGKILL)?;
    match waitpid(worker, None)? {
        WaitStatus::Exited(_, code) => Ok(code),
        WaitStatus::Signaled(_, signal, _) => Ok(-(signal as i32)),
        other => Err(io::Error::other(format!("unexpected {other:?}"))),
    }
}

fn main() -> ExitCode {
    drive(stop)
}
