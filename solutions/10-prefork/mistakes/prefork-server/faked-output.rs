//! Mistake: threads instead of workers.
use std::io;
use std::net::TcpListener;
use std::process::ExitCode;
use std::thread;

use prefork::app::App;
use prefork::prefork_server::drive;

fn serve(listener: TcpListener, workers: usize, app: &App) -> io::Result<()> {
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Ok((connection, _)) = listener.accept() {
                    drop(app.answer(connection));
                }
            });
        }
    });
    Ok(())
}

fn main() -> ExitCode {
    drive(serve)
}
