//! Exercise `racy-counter`: three workers, one counter, and additions that disappear.
//!
//! It shows that "add one" is three steps, a load, an addition and a store; that another process can come between them; and
//! what a lock has to enclose so that nobody does. The driver keeps every worker between load and store until the
//! others have loaded, too: what can get lost is lost, every time.
//!
//! Calls: fork(2), waitpid(2); for the lock fcntl(2) with F_SETLKW, flock(2), a pipe with one byte in it, or what you like.
//! Run it: `cargo run -p shared-memory --bin racy-counter`, and with more workers and rounds: `… --bin racy-counter 5 10`.
//! Edit: the bodies of `count_without_lock` and `count_with_lock`.

use std::process::ExitCode;

use shared_memory::racy_counter::{Tally, drive};

/// Forks `tally.workers()` processes that count without a lock, and reaps them. It shows how additions get lost.
///
/// - All workers are started before the first one is waited for. A worker's process calls `tally.begin(index)`, `index`
///   from 0, and leaves with `_exit(0)`.
/// - A worker does `tally.rounds()` times: `load()`, add one, `store()`.
fn count_without_lock(tally: &Tally) -> nix::Result<()> {
    // TODO: fork the workers, count in each of them, reap them.
    todo!("let {} workers race", tally.workers())
}

/// The same with a lock, so that no addition gets lost.
///
/// - Who is locked out sleeps in the kernel until the lock is free. A pause of a certain time is no lock.
fn count_with_lock(tally: &Tally) -> nix::Result<()> {
    // TODO: the same, with a lock that all workers share.
    todo!("let {} workers count", tally.workers())
}

fn main() -> ExitCode {
    drive(count_without_lock, count_with_lock)
}
