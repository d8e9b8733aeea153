//! Mistake: a thread for each connection: the clients see the same, and there is not one process.
use std::io;
use std::net::TcpListener;
use std::process::ExitCode;
use std::thread;

use prefork::app::App;
use prefork::on_demand_server::drive;

fn serve(listener: TcpListener, app: &App) -> io::Result<()> {
    thread::scope(|scope| {
        loop {
            let (connection, _) = listener.accept()?;
            let spare = connection.try_clone()?;
            let thread = thread::Builder::new().spawn_scoped(scope, move || app.answer(connection));
            if thread.is_err() {
                app.turn_away(spare)?;
            }
        }
    })
}

fn main() -> ExitCode {
    drive(serve)
}
