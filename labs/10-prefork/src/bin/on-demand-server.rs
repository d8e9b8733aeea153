//! Exercise `on-demand-server`: a server that makes a process for each connection.
//!
//! It shows the oldest way to serve several clients at once: accept, fork, answer in the child. The parent is back in `accept` at
//! once, closes what it has given away, and reaps its children as they end, without waiting for anybody.
//!
//! Calls: accept(2), fork(2), _exit(2), close(2); sigaction(2) for SIGCHLD, waitpid(2) with WNOHANG.
//! Run it: `cargo run -p prefork --bin on-demand-server -- get held=2 abort`, or with clients of your own:
//! `cargo run -p prefork --bin on-demand-server -- serve 8080`, and in another terminal `curl -i http://127.0.0.1:8080/`.
//! Edit: the body of `serve`.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use prefork::app::App;
use prefork::on_demand_server::drive;

/// Serves for ever: each connection is accepted here and answered (`app.answer`) in a child of its own. It ends when SIGTERM or
/// SIGINT ends the process; nothing needs to be done for that.
///
/// - There is one fork for each connection, and the child ends when it has answered, or when the client has gone.
/// - A child that has ended is reaped at once, also while no new connection comes; of several that have ended, all.
/// - When no child can be made, this client is turned away (`app.turn_away`), and the server goes on.
/// - What a signal interrupts goes on. (`TcpListener::accept` sees to that itself; accept(2) does not.)
fn serve(listener: TcpListener, app: &App) -> io::Result<()> {
    // TODO: arrange for children to be reaped, then accept, fork, answer, close.
    todo!("accept from {listener:?}, and answer with {app:?} in a child for each")
}

fn main() -> ExitCode {
    drive(serve)
}
