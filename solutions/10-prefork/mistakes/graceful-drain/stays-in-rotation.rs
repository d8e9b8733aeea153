//! Mistake: the health check learns of the end when the workers have ended, which wait for that.

use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use prefork::app::App;
use prefork::graceful_drain::drive;

fn serve(listener: TcpListener, workers: usize, grace: Duration, app: &App) -> io::Result<()> {
    // Blocked in the workers as well: a SIGTERM for the whole group is the master's business, and ends nobody in the middle.
    let ours: SigSet = [Signal::SIGTERM, Signal::SIGCHLD].into_iter().collect();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&ours), None)?;
    let signals = SignalFd::with_flags(&ours, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    // For all copies of it: who finds the backlog empty learns that, instead of sleeping in `accept`.
    listener.set_nonblocking(true)?;
    let mut pids = Vec::new();
    // Until SIGTERM, workers that end are replaced.
    while !asks_to_end(&signals)? {
        reap(&mut pids)?;
        while pids.len() < workers {
            pids.push(hire(&listener, app)?);
        }
        wait_for_signal(&signals, None)?;
    }
    let deadline = Instant::now() + grace;
    // The workers have their copies. The kernel resets the backlog with the last one, so nobody may close too early.
    drop(listener);
    loop {
        reap(&mut pids)?;
        let left = deadline.saturating_duration_since(Instant::now());
        if pids.is_empty() || left.is_zero() {
            break;
        }
        wait_for_signal(&signals, Some(left))?;
        // Further requests to end change nothing, and neither does how often a worker's end was reported.
        while signals.read_signal()?.is_some() {}
    }
    app.leave_rotation();
    for pid in pids {
        kill(pid, Signal::SIGKILL)?;
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
            unsafe { libc::_exit(i32::from(result.is_err())) }
        }
        ForkResult::Parent { child } => Ok(child),
    }
}

/// What a worker does, until nobody connects any more and nobody waits.
fn work(listener: &TcpListener, app: &App) -> io::Result<()> {
    loop {
        // Asked *before* the look at the backlog: who connected before the 503 is in it by now. The other way round, somebody could
        // come between an empty backlog and the 503.
        let is_out = app.is_out_of_rotation();
        match listener.accept() {
            Ok((connection, _)) => drop(app.answer(connection)),
            Err(error) if error.kind() == ErrorKind::WouldBlock && is_out => return Ok(()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                // All workers wake up for a connection, and one gets it. The others are here again.
                let mut ready = [listener.as_fd(), app.out_of_rotation()]
                    .map(|descriptor| PollFd::new(descriptor, PollFlags::POLLIN));
                poll(&mut ready, PollTimeout::NONE)?;
            }
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Sleeps until there is a signal, or for so long.
fn wait_for_signal(signals: &SignalFd, longest: Option<Duration>) -> nix::Result<()> {
    // Rounded up: with the last part of a millisecond rounded down, the loop would not sleep at all.
    let timeout = longest.map_or(PollTimeout::NONE, |it| {
        PollTimeout::try_from(it + Duration::from_micros(999)).unwrap_or(PollTimeout::MAX)
    });
    let mut ready = [PollFd::new(signals.as_fd(), PollFlags::POLLIN)];
    match poll(&mut ready, timeout) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Takes the signals that are there, and says whether one of them was a request to end.
fn asks_to_end(signals: &SignalFd) -> nix::Result<bool> {
    let mut asks = false;
    while let Some(signal) = signals.read_signal()? {
        asks |= signal.ssi_signo == libc::SIGTERM.cast_unsigned();
    }
    Ok(asks)
}

/// Waits for all workers that have ended.
fn reap(pids: &mut Vec<Pid>) -> nix::Result<()> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(status) => match status.pid() {
                Some(pid) => pids.retain(|it| *it != pid),
                None => return Ok(()),
            },
            Err(Errno::ECHILD) => return Ok(()),
            Err(errno) => return Err(errno),
        }
    }
}

fn main() -> ExitCode {
    drive(serve)
}
