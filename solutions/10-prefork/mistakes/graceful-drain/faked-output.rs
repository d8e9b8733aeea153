//! Mistake: threads instead of workers, and a thread for the signals.
use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use prefork::app::App;
use prefork::graceful_drain::drive;

fn serve(listener: TcpListener, workers: usize, _grace: Duration, app: &App) -> io::Result<()> {
    let term = SigSet::from(Signal::SIGTERM);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&term), None)?;
    listener.set_nonblocking(true)?;
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| work(&listener, app));
        }
        term.wait()?;
        app.leave_rotation();
        Ok(())
    })
}

fn work(listener: &TcpListener, app: &App) -> io::Result<()> {
    loop {
        let is_out = app.is_out_of_rotation();
        match listener.accept() {
            Ok((connection, _)) => drop(app.answer(connection)),
            Err(error) if error.kind() == ErrorKind::WouldBlock && is_out => return Ok(()),
            Err(_) => {
                let mut ready = [listener.as_fd(), app.out_of_rotation()]
                    .map(|descriptor| PollFd::new(descriptor, PollFlags::POLLIN));
                poll(&mut ready, PollTimeout::NONE)?;
            }
        }
    }
}

fn main() -> ExitCode {
    drive(serve)
}
