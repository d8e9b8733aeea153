//! Exercise `reap-all`: every child, every status.
//!
//! It shows how a parent of several children reaps all of them, though they end in an order that nobody
//! has promised, some of them by a signal, and though a signal can interrupt the wait itself.
//!
//! Calls: wait(2), waitpid(2) or waitid(2); their errors ECHILD and EINTR.
//! Run it: `cargo run -p zombies-orphans --bin reap-all 0 3 -15`: the numbers are exit codes, or signals if
//! negative; `… --bin reap-all -- --interrupted 4 5`: a signal comes while the main process waits.
//! Edit: the body of `reap_all`.

use std::process::ExitCode;

use nix::sys::wait::WaitStatus;
use zombies_orphans::reap_all::drive;

/// Reaps every child of this process, and returns the status of each, in whatever order they end.
///
/// - The children have been started already. Some of them may have ended, others run for a while yet.
/// - It returns when the kernel says that there is no child left, and not before.
/// - While a child runs it sleeps, in the kernel.
/// - The program has a signal handler that is none of its concern. A wait that is interrupted by it says so by an error.
fn reap_all() -> nix::Result<Vec<WaitStatus>> {
    // TODO: wait until there is no child any more, and collect the statuses.
    todo!("reap every child and return the statuses")
}

fn main() -> ExitCode {
    drive(reap_all)
}
