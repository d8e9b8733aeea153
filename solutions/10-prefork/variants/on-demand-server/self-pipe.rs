//! Variant: the handler writes into a pair of sockets, and the server waits for that and for clients in one call.
use std::io::{self, Read};
use std::net::TcpListener;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, Ordering};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use prefork::app::App;
use prefork::on_demand_server::drive;

static PIPE: AtomicI32 = AtomicI32::new(-1);

extern "C" fn note(_: i32) {
    let errno = Errno::last();
    // Full, it says the same.
    // SAFETY: `write` is async-signal-safe, and the byte is valid.
    unsafe { nix::libc::write(PIPE.load(Ordering::Relaxed), b"x".as_ptr().cast(), 1) };
    errno.set();
}

fn serve(listener: TcpListener, app: &App) -> io::Result<()> {
    let (mut told, teller) = UnixStream::pair()?;
    told.set_nonblocking(true)?;
    teller.set_nonblocking(true)?;
    PIPE.store(teller.as_raw_fd(), Ordering::Relaxed);
    let action = SigAction::new(
        SigHandler::Handler(note),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    // SAFETY: the handler makes one async-signal-safe call, and leaves errno as it was.
    unsafe { sigaction(Signal::SIGCHLD, &action) }?;
    listener.set_nonblocking(true)?;
    loop {
        let mut ready =
            [listener.as_fd(), told.as_fd()].map(|it| PollFd::new(it, PollFlags::POLLIN));
        match poll(&mut ready, PollTimeout::NONE) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        while told.read(&mut [0; 64]).is_ok() {}
        while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            if status == WaitStatus::StillAlive {
                break;
            }
        }
        let connection = match listener.accept() {
            Ok((connection, _)) => connection,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => {
                drop(listener);
                let code = i32::from(app.answer(connection).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            Ok(ForkResult::Parent { .. }) => drop(connection),
            Err(_) => {
                let _ = app.turn_away(connection);
            }
        }
    }
}

fn main() -> ExitCode {
    drive(serve)
}
