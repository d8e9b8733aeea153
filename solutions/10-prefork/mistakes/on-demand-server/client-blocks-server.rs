//! Mistake: the server waits for each child before it accepts the next client.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use prefork::app::App;
use prefork::on_demand_server::drive;

/// Runs wherever the server happens to be, in `accept` for most of the time. `waitpid` is one of the calls that a handler may make.
extern "C" fn reap_children(_: i32) {
    // The interrupted code may be about to look at its errno.
    let errno = Errno::last();
    // One SIGCHLD can stand for several children, so it goes on until nobody is left who has ended.
    while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
        if status == WaitStatus::StillAlive {
            break;
        }
    }
    errno.set();
}

fn serve(listener: TcpListener, app: &App) -> io::Result<()> {
    // Interrupted calls begin again, and a child that is stopped is of no interest.
    let flags = SaFlags::SA_RESTART | SaFlags::SA_NOCLDSTOP;
    let action = SigAction::new(SigHandler::Handler(reap_children), flags, SigSet::empty());
    // Before the first fork: a child that ended earlier would have nobody to reap it.
    // SAFETY: the handler makes async-signal-safe calls only, and leaves errno as it was.
    unsafe { sigaction(Signal::SIGCHLD, &action) }?;
    loop {
        let connection = match listener.accept() {
            Ok((connection, _)) => connection,
            // The client has gone while it waited. There are others.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => {
                // The port is the server's: with this copy open, it would stay taken after the server's end.
                drop(listener);
                let code = i32::from(app.answer(connection).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            // The connection ends when both copies are closed: the child's, and this one.
            Ok(ForkResult::Parent { child }) => {
                drop(connection);
                let _ = waitpid(child, None);
            }
            // Too many processes: that is this client's bad luck, and no reason to leave the others alone.
            Err(_) => {
                let _ = app.turn_away(connection);
            }
        }
    }
}

fn main() -> ExitCode {
    drive(serve)
}
