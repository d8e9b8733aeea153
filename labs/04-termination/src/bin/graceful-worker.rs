//! Exercise `graceful-worker`: a worker that ends when it is asked to, and not in the middle of a task.
//!
//! It shows what a process does with a request to stop: it takes note of it, finishes what it has in hand, and
//! leaves with exit code 0. A request can come at any moment, also between the last test of a flag and
//! the sleep behind it, and must not be lost there.
//!
//! Calls: sigaction(2), sigprocmask(2), and to sleep without a race one of sigsuspend(2), sigwaitinfo(2),
//! ppoll(2), signalfd(2); see signal(7) for EINTR, signal-safety(7) for what a handler may do.
//! Run it: `cargo run -p termination --bin graceful-worker -- SIGTERM in-task-2 4`, then `… -- SIGTERM idle 2`.
//! Requests are SIGTERM, SIGINT and `event`; moments are `in-task-K`, `idle` and `asleep`.
//! Edit: the body of `work`.

use std::io;
use std::process::ExitCode;

use termination::graceful_worker::{Inbox, StopEvent, drive};

/// Runs in a process of its own. Does the tasks of the `inbox` one after the other until it is asked to stop, then returns.
///
/// - It is asked by SIGTERM, by SIGINT, or by the event `stop`, a word in memory that it shares with its parent.
/// - SIGUSR1 says: look again, a task has been put into the inbox, or the event has been set. Nothing else says so.
///   None of the three signals comes before the first `inbox.take()`.
/// - A task is done when `step` returns false. A task that was begun is done to its end, whatever comes meanwhile; `step`
///   fails with `Interrupted` when a handler has run while it waited, and is then called again.
/// - After the request no other task is begun; those that are left are somebody else's.
/// - While there is nothing to do, the worker sleeps, without using the CPU and without looking from time to time.
fn work(inbox: &mut Inbox, stop: &StopEvent) -> io::Result<()> {
    // TODO: prepare for the signals, then do tasks or sleep, until there is a request to stop.
    todo!("do the tasks of {inbox:?} until a signal or {stop:?} says stop")
}

fn main() -> ExitCode {
    drive(work)
}
