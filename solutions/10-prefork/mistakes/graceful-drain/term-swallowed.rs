//! Mistake: the handler takes note, and the master waits for a worker that ends, which none does.
use std::io;
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, fork};
use prefork::app::App;
use prefork::graceful_drain::drive;

static ASKED: AtomicBool = AtomicBool::new(false);

extern "C" fn note_request(_: i32) {
    ASKED.store(true, Ordering::Relaxed);
}

fn serve(listener: TcpListener, workers: usize, _grace: Duration, app: &App) -> io::Result<()> {
    let flags = SaFlags::SA_RESTART;
    let action = SigAction::new(SigHandler::Handler(note_request), flags, SigSet::empty());
    // SAFETY: the handler does nothing that is not async-signal-safe.
    unsafe { sigaction(Signal::SIGTERM, &action) }?;
    for _ in 0..workers {
        hire(&listener, app)?;
    }
    while !ASKED.load(Ordering::Relaxed) {
        wait()?;
        hire(&listener, app)?;
    }
    app.leave_rotation();
    drop(listener);
    for _ in 0..workers {
        wait()?;
    }
    Ok(())
}

fn hire(listener: &TcpListener, app: &App) -> io::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Child = unsafe { fork() }? {
        while !app.is_out_of_rotation() {
            if let Ok((connection, _)) = listener.accept() {
                drop(app.answer(connection));
            }
        }
        // SAFETY: `_exit` does not return, and leaves the master's buffers alone.
        unsafe { nix::libc::_exit(0) }
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(serve)
}
