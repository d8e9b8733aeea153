//! Variant: SIGCHLD is ignored, so the kernel keeps no zombies. The handler goes; nobody learns how a child ended.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{ForkResult, fork};
use prefork::app::App;
use prefork::on_demand_server::drive;

fn serve(listener: TcpListener, app: &App) -> io::Result<()> {
    // Not the same as the default action, which is to do nothing: ignored explicitly, children leave no zombie (wait(2)).
    let action = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
    // SAFETY: there is no handler.
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
