//! Variant: the server leads a process group of its own, and ends its workers by one signal to this group.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, killpg, sigprocmask};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpgrp, setpgid};
use prefork::app::App;
use prefork::prefork_server::drive;

fn serve(listener: TcpListener, workers: usize, app: &App) -> io::Result<()> {
    let ours: SigSet = [Signal::SIGTERM, Signal::SIGCHLD].into_iter().collect();
    let mut before = SigSet::empty();
    // From here on what comes is pending until it is asked for: nothing is lost between two waits.
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&ours), Some(&mut before))?;
    // Otherwise it would be the group of whoever has started this program.
    setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
    let mut pids = Vec::new();
    loop {
        while pids.len() < workers {
            match hire(&listener, app, &before) {
                Ok(pid) => pids.push(pid),
                // Too many processes. Those that are there serve, and the next signal brings us here again.
                Err(_) if !pids.is_empty() => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        if ours.wait()? == Signal::SIGTERM {
            break;
        }
        // One SIGCHLD can stand for several workers.
        while let Some(pid) = reap()? {
            pids.retain(|it| *it != pid);
        }
    }
    // The workers have inherited the group, and nobody else is in it. The master has SIGTERM blocked, and does not end by its own.
    killpg(getpgrp(), Signal::SIGTERM)?;
    for pid in pids {
        waitpid(pid, None)?;
    }
    Ok(())
}

/// Forks a worker.
fn hire(listener: &TcpListener, app: &App, mask: &SigSet) -> nix::Result<Pid> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let result = work(listener, app, mask);
            // SAFETY: `_exit` does not return, and leaves the master's buffers alone.
            unsafe { nix::libc::_exit(i32::from(result.is_err())) }
        }
        ForkResult::Parent { child } => Ok(child),
    }
}

/// What a worker does, until a signal ends it.
fn work(listener: &TcpListener, app: &App, mask: &SigSet) -> io::Result<()> {
    // The blocked signals are inherited: with them no SIGTERM would ever end a worker.
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(mask), None)?;
    loop {
        match listener.accept() {
            // A client that goes away in the middle is that client's business.
            Ok((connection, _)) => drop(app.answer(connection)),
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            // The master sends somebody else.
            Err(error) => return Err(error),
        }
    }
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
