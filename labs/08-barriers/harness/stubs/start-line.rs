//! Exercise `start-line`: nobody starts before everybody is ready.
//!
//! It shows the smallest barrier: each process says that it has arrived, waits for all the others, and goes on. It works once,
//! and that is enough at a start. How long the others take is nobody's business: a process that sleeps "until they must be
//! ready" is right on a quiet day only.
//!
//! Calls: fork(2), waitpid(2), _exit(2), and whatever you wait with: pipe(2), eventfd(2), futex(2), kill(2) with SIGCONT ...
//! Run it: `cargo run -p barriers --bin start-line`, and with other warm-ups: `… --bin start-line 10 400 200`.
//! Edit: the body of `race`.

use std::process::ExitCode;

use barriers::start_line::{Player, drive};

/// Forks a process for each player and returns when all of them have ended and are reaped.
///
/// - The process of a player calls `get_ready()`, waits until every player has come back from it, calls `go()` and leaves
///   with `_exit(0)`.
/// - Who waits, waits in the kernel: neither a player nor the calling process asks again and again, or counts on a time.
fn race(players: &[Player]) -> nix::Result<()> {
    // TODO: make what the players wait with, fork a process for each of them, start them together, reap them.
    todo!("let {} players start together", players.len())
}

fn main() -> ExitCode {
    drive(race)
}
