//! Exercise `broken-barrier`: somebody does not come, and nobody waits for ever.
//!
//! It shows the weak point of a barrier: all depend on each one. A member that dies, or is late beyond the deadline, must not
//! leave the others asleep, so the barrier can break: everybody learns it, whoever waits now or comes later, and all
//! agree on which round was the last good one.
//!
//! Calls: futex(2) with a timeout by `rustix::thread::futex`, waitpid(2), mmap(2) with MAP_SHARED; or pipes, socketpair(2), poll(2).
//! Run it: `cargo run -p barriers --bin broken-barrier`, and with a deadline that passes: `… --bin broken-barrier 3 3 late 2 2`.
//! Edit: the body of `meet`.

use std::process::ExitCode;

use barriers::broken_barrier::{Meeting, drive};

/// Forks a process for each member and returns when all of them have ended and are reaped.
///
/// - In each round, from 1 to `meeting.rounds()`, a member calls `work(round)` and waits until all members have done so. Then
///   it calls `pass(round)`, and after the last round it leaves with `_exit(0)`.
/// - If a member dies, the others learn it without delay: nobody waits for the dead.
/// - If a member has waited for its `member.deadline()` and somebody is still missing, it waits no longer, and neither do the others:
///   nor do those that have more time, or no deadline at all.
/// - Who learns either calls `give_up(round)` and leaves with `_exit(0)`. That goes for a member that comes late, too.
/// - All agree: a round to which all members have come is passed by all, even if somebody dies behind it.
fn meet(meeting: &Meeting) -> nix::Result<()> {
    // TODO: make the barrier, fork the members, wait for their ends and break the barrier if one of them dies.
    todo!("let {} members meet", meeting.members().len())
}

fn main() -> ExitCode {
    drive(meet)
}
