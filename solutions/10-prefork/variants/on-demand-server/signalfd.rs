//! Variant: one poll for the listening socket and for a signalfd(2), and no handler.
use std::io;
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use prefork::app::App;
use prefork::on_demand_server::drive;

fn serve(listener: TcpListener, app: &App) -> io::Result<()> {
    let ended = SigSet::from(Signal::SIGCHLD);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&ended), None)?;
    let signals = SignalFd::with_flags(&ended, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    // That poll says "ready" promises nothing: the client may have gone meanwhile.
    listener.set_nonblocking(true)?;
    loop {
        let mut ready = [
            PollFd::new(listener.as_fd(), PollFlags::POLLIN),
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut ready, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        if signals.read_signal()?.is_some() {
            reap()?;
        }
        let Ok((connection, _)) = listener.accept() else {
            continue;
        };
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => {
                drop(listener);
                let code = i32::from(app.answer(connection).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            Ok(ForkResult::Parent { .. }) => {}
            Err(_) => {
                let _ = app.turn_away(connection);
            }
        }
    }
}

fn reap() -> io::Result<()> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(()),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn main() -> ExitCode {
    drive(serve)
}
