//! Mistake: threads instead of workers.
use std::io;
use std::net::TcpListener;
use std::process::ExitCode;
use std::thread;

use nix::sys::signal::{SigSet, SigmaskHow, Signal, sigprocmask};
use prefork::app::App;
use prefork::scale_workers::drive;

fn serve(listener: TcpListener, workers: usize, app: &App) -> io::Result<()> {
    let ours: SigSet = [Signal::SIGTTIN, Signal::SIGTTOU, Signal::SIGTERM]
        .into_iter()
        .collect();
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&ours), None)?;
    thread::scope(|scope| {
        let work = || {
            while let Ok((connection, _)) = listener.accept() {
                drop(app.answer(connection));
            }
        };
        for _ in 0..workers {
            scope.spawn(work);
        }
        while ours.wait()? != Signal::SIGTERM {
            scope.spawn(work);
        }
        std::process::exit(0);
    })
}

fn main() -> ExitCode {
    drive(serve)
}
