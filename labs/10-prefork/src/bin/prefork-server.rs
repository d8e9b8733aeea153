//! Exercise `prefork-server`: a server whose workers are there before the clients are.
//!
//! It shows the division of labor in a prefork server. The workers share one listening socket, and each of them sleeps in `accept`
//! until the kernel gives it a connection. The master accepts nothing: it sees to it that there are workers.
//!
//! Calls: fork(2), accept(2), waitpid(2), kill(2); for the master sigwait(3), signalfd(2) or sigsuspend(2); sigprocmask(2).
//! Run it: `cargo run -p prefork --bin prefork-server -- 4 held crash held`, or with clients of your own:
//! `cargo run -p prefork --bin prefork-server -- serve 8080 4`, and in another terminal `curl -i http://127.0.0.1:8080/`.
//! Edit: the body of `serve`.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use prefork::app::App;
use prefork::prefork_server::drive;

/// Keeps so many `workers`, each of which accepts connections and answers them (`app.answer`), one after the other.
///
/// - The workers accept; the calling process, the master, does not.
/// - A worker that ends, for whatever reason, is waited for and replaced. A client that goes away is no reason to end.
/// - A worker that gets SIGTERM ends, and nobody else does.
/// - When the master gets SIGTERM, it ends the workers, whatever they do, waits for them, and returns.
/// - Meanwhile the master sleeps.
fn serve(listener: TcpListener, workers: usize, app: &App) -> io::Result<()> {
    // TODO: fork the workers; replace those that end; at SIGTERM end and reap all.
    todo!("serve {listener:?} with {workers} workers, which answer with {app:?}")
}

fn main() -> ExitCode {
    drive(serve)
}
