//! Variant: a thread waits for SIGCHLD and reaps; the children run nothing that the threads could have locked.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use prefork::app::App;
use prefork::on_demand_server::drive;

fn reap_children() {
    // One SIGCHLD can stand for several children, so it goes on until nobody is left who has ended.
    while let Ok(status) = waitpid(None, Some(WaitPidFlag::WNOHANG)) {
        if status == WaitStatus::StillAlive {
            break;
        }
    }
}

fn serve(listener: TcpListener, app: &App) -> io::Result<()> {
    let ended = SigSet::from(Signal::SIGCHLD);
    ended.thread_block()?;
    std::thread::spawn(move || {
        while ended.wait().is_ok() {
            reap_children();
        }
    });
    loop {
        let connection = match listener.accept() {
            Ok((connection, _)) => connection,
            // The client has gone while it waited. There are others.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error),
        };
        // SAFETY: the other thread allocates nothing and holds no lock, so the child may run ordinary code.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => {
                // The port is the server's: with this copy open, it would stay taken after the server's end.
                drop(listener);
                let code = i32::from(app.answer(connection).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            // The connection ends when both copies are closed: the child's, and this one.
            Ok(ForkResult::Parent { .. }) => drop(connection),
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
