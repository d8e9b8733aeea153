//! Exercise `graceful-drain`: a server that stops, and lets nobody down.
//!
//! It shows the order of things in a graceful shutdown: say that you are leaving, so that nobody new comes; serve whoever has come;
//! close; end. And it shows the backlog: connections that are complete for the client, while nobody has accepted them. When the last
//! copy of the listening socket is closed, they are reset.
//!
//! Calls: signalfd(2) or sigtimedwait(2), poll(2), accept(2) on a non-blocking socket, fcntl(2), waitpid(2), kill(2).
//! Run it: `cargo run -p prefork --bin graceful-drain -- 2 3`, or with clients of your own:
//! `cargo run -p prefork --bin graceful-drain -- serve 8080 2 30`, `curl -i http://127.0.0.1:8080/health`, and `kill` with the pid.
//! Edit: the body of `serve`.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;
use std::time::Duration;

use prefork::app::App;
use prefork::graceful_drain::drive;

/// Keeps so many `workers`, as in `prefork-server`, until the master gets SIGTERM. From then on:
///
/// - `app.leave_rotation()` is called in the master, at once: the health check answers with 503 in all workers.
/// - Requests in flight are finished, however slow the client is.
/// - The workers go on accepting until nobody connects any more and nobody waits: when a health check has been answered with 503
///   (`app.is_out_of_rotation()`; `app.out_of_rotation()` is readable then), nobody connects any more. Who has connected before
///   is in the backlog, and is served. Then a worker ends.
/// - When all workers have been waited for, this function returns. It returns also when `grace` is over: workers that are left
///   are killed then, and waited for.
fn serve(listener: TcpListener, workers: usize, grace: Duration, app: &App) -> io::Result<()> {
    // TODO: fork workers that know when to end; at SIGTERM leave the rotation, and wait for at most the grace period.
    todo!("serve {listener:?} with {workers} workers and {app:?}, and end within {grace:?}")
}

fn main() -> ExitCode {
    drive(serve)
}
