//! Exercise `make-zombie`: a child that has ended and was not reaped.
//!
//! It shows what is left of a process between its end and the moment at which its parent waits for it: an entry
//! in the process table, in state Z, which ps(1) shows as `<defunct>`.
//!
//! Calls: fork(2), _exit(2), waitid(2) with WNOWAIT, waitpid(2); the file /proc/PID/stat, see proc_pid_stat(5).
//! Run it: `cargo run -p zombies-orphans --bin make-zombie`, `… --bin make-zombie 7 -15`,
//! `… --bin make-zombie -- --name ') R 1 (' 7`.
//! Edit: the body of `make_zombie`.

use std::process::ExitCode;

use nix::sys::wait::WaitStatus;
use zombies_orphans::make_zombie::{Display, Ending, drive};

/// Forks a child that ends, shows that it is a zombie, reaps it, and returns its status.
///
/// - The child calls `ending.approach()`. That either kills the child by a signal, or returns the exit code to leave with.
/// - The parent sleeps, in the kernel, until the child has ended; it leaves the child unreaped.
/// - Then it calls `display.show(child, state_of)` while the child is a zombie, and reaps the child after that.
/// - `state_of` is a function of yours, or a closure. It reads the state of the process that it is given in `/proc/PID/stat`, the third
///   field: a letter, behind the name of the program in parentheses. That name can contain anything, spaces and parentheses too.
fn make_zombie(ending: &Ending, display: &Display) -> nix::Result<WaitStatus> {
    // TODO: fork; in the parent wait without reaping, show the state that is read, reap.
    todo!("make a zombie of a child with {ending:?} and show it with {display:?}")
}

fn main() -> ExitCode {
    drive(make_zombie)
}
