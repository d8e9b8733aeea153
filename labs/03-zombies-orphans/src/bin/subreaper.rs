//! Exercise `subreaper`: adopt and reap the orphans of a subtree that dies.
//!
//! It shows how a process takes the place of the first process for everything below it: it declares itself a child
//! subreaper, and from then on orphans become its children, which it must reap. Service managers and container runtimes do this.
//!
//! Calls: prctl(2) with PR_SET_CHILD_SUBREAPER, fork(2), waitpid(2), _exit(2).
//! Run it: `cargo run -p zombies-orphans --bin subreaper`, and with another shape: `… --bin subreaper 3x2`.
//! Edit: the body of `adopt_and_reap`.

use std::process::ExitCode;

use nix::sys::wait::WaitStatus;
use zombies_orphans::subreaper::{Subtree, drive};

/// Starts the subtree in a child, adopts its orphans, reaps all of its processes, and returns their statuses, in any order.
///
/// - The child calls `subtree.grow()`, which forks the others. That either ends the child by a signal, or returns the exit code
///   to leave with.
/// - Each process of the subtree ends before its children do. Nobody of the subtree waits for anybody.
/// - It returns when there is no process left to reap, and sleeps in the kernel until then.
fn adopt_and_reap(subtree: &Subtree) -> nix::Result<Vec<WaitStatus>> {
    // TODO: become a subreaper, fork the root, reap until there is nobody left.
    todo!("adopt and reap the processes of {subtree:?}")
}

fn main() -> ExitCode {
    drive(adopt_and_reap)
}
