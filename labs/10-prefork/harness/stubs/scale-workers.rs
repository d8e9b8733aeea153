//! Exercise `scale-workers`: more and fewer workers, while the server serves.
//!
//! It shows how a prefork server follows the load: the master gets SIGTTIN and SIGTTOU (a convention of several servers; for the
//! kernel they are about terminals) and hires a worker, or tells one to leave. Who is told to leave finishes what it has in hand.
//!
//! Calls: fork(2), waitpid(2), kill(2), sigprocmask(2); for a wait for signals *and* connections ppoll(2), or signalfd(2) with
//! poll(2), and accept(2) on a non-blocking socket.
//! Run it: `cargo run -p prefork --bin scale-workers -- 2 more fewer`, or with clients of your own:
//! `cargo run -p prefork --bin scale-workers -- serve 8080 2`, then `kill -TTIN PID` and `kill -TTOU PID`.
//! Edit: the body of `serve`.

use std::io;
use std::net::TcpListener;
use std::process::ExitCode;

use prefork::app::App;
use prefork::scale_workers::drive;

/// Keeps so many `workers` at first, each of which accepts connections and answers them (`app.answer`).
///
/// - SIGTTIN: one worker more. SIGTTOU: one less, but the last one stays.
/// - A worker that has to leave finishes the request that it has in hand, and takes no other. If it has none, it leaves at once.
/// - Meanwhile the server goes on: it follows the next signals, and serves others.
/// - A connection that somebody has accepted is answered, whenever a signal comes.
/// - Whoever has ended is waited for at once.
/// - SIGTERM: all workers have to leave; when all have been waited for, this function returns.
fn serve(listener: TcpListener, workers: usize, app: &App) -> io::Result<()> {
    // TODO: fork workers that can be asked to leave; follow the signals.
    todo!("serve {listener:?} with {workers} workers at first, which answer with {app:?}")
}

fn main() -> ExitCode {
    drive(serve)
}
