//! Exercise `orphan`: a child that outlives its parent, and learns who has adopted it.
//!
//! It shows that a process always has a parent. When its own has ended, the kernel gives it another one: the nearest
//! ancestor that has declared itself a subreaper, or the first process of the system. Which pid that is, nobody can know
//! beforehand.
//!
//! Calls: fork(2), getppid(2), _exit(2), waitpid(2); to wait for the parent's end: pidfd_open(2), which
//! `rustix::process::pidfd_open` has, with poll(2); or prctl(2) with PR_SET_PDEATHSIG; or pipe(2) and read(2).
//! Run it: `cargo run -p zombies-orphans --bin orphan`, and with a main process that adopts: `… --bin orphan program`.
//! Edit: the body of `outlive`.

use std::process::ExitCode;

use zombies_orphans::orphan::{Orphan, drive};

/// Forks a child that forks a child. The first one ends, the second one is the orphan.
///
/// - The orphan waits until its parent has ended; only then is there somebody new to be learned of.
/// - It calls `orphan.adopted_by(…)` with the pid of its new parent, and leaves with `_exit(0)`.
/// - The calling process reaps its own child, and returns. It does not wait for the orphan, which is not its child,
///   or has become so without its doing.
fn outlive(orphan: &Orphan) -> nix::Result<()> {
    // TODO: fork twice; end the one in the middle; learn of the adoption in the other.
    todo!("make {orphan:?}")
}

fn main() -> ExitCode {
    drive(outlive)
}
