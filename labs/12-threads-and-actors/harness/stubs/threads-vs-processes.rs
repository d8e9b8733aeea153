//! Exercise `threads-vs-processes`: the same workers as threads and as processes.
//!
//! It shows what the two share and what they do not. Threads have one memory, so a result is handed over by returning it, and
//! a crash of one can be the end of all. Processes have a memory each, so a result must be sent, and a crash ends its own
//! process only. What either costs in time and memory is measured while your workers run, and shown on standard error.
//!
//! Calls: `std::thread::spawn` or `scope`, `JoinHandle::join` (clone(2) and futex(2) underneath); fork(2), pipe(2), waitpid(2), _exit(2).
//! Run it: `cargo run -p threads-and-actors --bin threads-vs-processes -- 1000 2000 panics`, and with `aborts` in the
//! place of `panics`.
//! Edit: the bodies of the two functions.

use std::io;
use std::process::ExitCode;

use threads_and_actors::threads_vs_processes::{Outcome, Part, drive};

/// Starts a thread for each part, which calls `part.count()`, and returns what became of each, in the order of the parts.
///
/// - All threads are started before one is joined: they work at the same time, and wait for each other to begin.
/// - While they work, this thread sleeps.
/// - `count` can panic. Then this worker's outcome is `Outcome::Crashed`, and all others are what they counted.
/// - `count` can abort. That ends this process, with all of its threads; there is nothing to be done about it.
fn count_with_threads(parts: &[Part]) -> io::Result<Vec<Outcome>> {
    // TODO: start the threads, join each of them; what does `join` return after a panic?
    let none: Vec<Outcome> = Vec::new();
    todo!("make {none:?} complete with a thread for each of {parts:?}")
}

/// The same with a process for each part.
///
/// - Each child calls `part.count()`, sends the number to this process, and leaves with `_exit`.
/// - All children are forked before one is read from or waited for. While they work, this process sleeps. All of them
///   are reaped.
/// - A worker that panicked or was ended by a signal is `Outcome::Crashed`, and all others are what they counted.
fn count_with_processes(parts: &[Part]) -> io::Result<Vec<Outcome>> {
    // TODO: fork the processes; how does a number come from each of them to this one?
    todo!("count {parts:?} in a process each")
}

fn main() -> ExitCode {
    drive(count_with_threads, count_with_processes)
}
