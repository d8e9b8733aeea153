//! Exercise `sigchld-reaper`: children are reaped as they end, while the parent works.
//!
//! It shows what a SIGCHLD says (that one child or more have ended) and what it does not say (how many). And that
//! a handler runs in the middle of whatever the program is doing, where few functions may be called.
//!
//! Calls: sigaction(2), waitpid(2) with WNOHANG; signal-safety(7), and for other ways signalfd(2).
//! Run it: `cargo run -p zombies-orphans --bin sigchld-reaper quick late`, `… burst=20`, `… print`.
//! The items of the work are described in harness/sigchld_reaper.rs.
//! Edit: the body of `work_and_reap`.

use std::process::ExitCode;

use nix::sys::wait::WaitStatus;
use zombies_orphans::sigchld_reaper::{Work, drive};

/// Does all of the work, reaps the children that it starts, and returns their statuses, in whatever order they end.
///
/// - The work is done by `while work.step()? { … }`: each step is a piece of it, and can start children.
/// - SIGCHLD says that children have ended. Those that have ended in a step are reaped before the next one, at the latest.
/// - Nothing waits for a child while there is work to do: it may be one that does not end before the work goes on.
/// - A step can be interrupted by a handler anywhere, in the middle of a `println!` too.
/// - When the work is done, it sleeps in the kernel until the last child has ended.
fn work_and_reap(work: &mut Work) -> nix::Result<Vec<WaitStatus>> {
    // TODO: see to it that SIGCHLD is noticed, work, reap whenever it came, and reap the rest at the end.
    todo!("do {work:?} and reap its children")
}

fn main() -> ExitCode {
    drive(work_and_reap)
}
