//! Mistake: the master waits for the worker that it has told to leave, and takes no signal before that one's client is done.

use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use prefork::app::App;
use prefork::scale_workers::drive;

fn serve(listener: TcpListener, workers: usize, app: &App) -> io::Result<()> {
    let ours: SigSet = [
        Signal::SIGTTIN,
        Signal::SIGTTOU,
        Signal::SIGTERM,
        Signal::SIGCHLD,
    ]
    .into_iter()
    .collect();
    // Blocked for good, in the workers as well: nobody is interrupted, and everybody asks when it suits.
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&ours), None)?;
    listener.set_nonblocking(true)?;
    let mut wanted = workers;
    let mut pids = Vec::new();
    loop {
        while pids.len() < wanted {
            pids.push(hire(&listener, app)?);
        }
        // "Whoever has ended is waited for at once."
        for pid in pids.split_off(wanted) {
            kill(pid, Signal::SIGTERM)?;
            waitpid(pid, None)?;
        }
        match ours.wait()? {
            Signal::SIGTTIN => wanted += 1,
            Signal::SIGTTOU => wanted = (wanted - 1).max(1),
            Signal::SIGTERM => break,
            _ => {
                while let Some(ended) = reap()? {
                    // One that has ended without being told is missing now, and is replaced.
                    pids.retain(|pid| *pid != ended);
                }
            }
        }
    }
    for pid in &pids {
        kill(*pid, Signal::SIGTERM)?;
    }
    for pid in pids {
        waitpid(pid, None)?;
    }
    Ok(())
}

/// Forks a worker.
fn hire(listener: &TcpListener, app: &App) -> nix::Result<Pid> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let result = work(listener, app);
            // SAFETY: `_exit` does not return, and leaves the master's buffers alone.
            unsafe { nix::libc::_exit(i32::from(result.is_err())) }
        }
        ForkResult::Parent { child } => Ok(child),
    }
}

/// What a worker does, until it is told to leave.
fn work(listener: &TcpListener, app: &App) -> io::Result<()> {
    let leave = SigSet::from(Signal::SIGTERM);
    // Its own: the signals that are read from it are those of the process that reads.
    let told = SignalFd::with_flags(&leave, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    // Between two requests nothing is in hand. A connection that nobody has accepted is one of the others' business.
    while told.read_signal()?.is_none() {
        match listener.accept() {
            Ok((connection, _)) => drop(app.answer(connection)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                // Both can end the sleep, and both stay: what came behind the two looks ends it at once.
                let mut ready = [listener.as_fd(), told.as_fd()]
                    .map(|descriptor| PollFd::new(descriptor, PollFlags::POLLIN));
                poll(&mut ready, PollTimeout::NONE)?;
            }
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Waits for a worker that has ended, if there is one.
fn reap() -> nix::Result<Option<Pid>> {
    match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
        Ok(status) => Ok(status.pid()),
        Err(Errno::ECHILD) => Ok(None),
        Err(errno) => Err(errno),
    }
}

fn main() -> ExitCode {
    drive(serve)
}
