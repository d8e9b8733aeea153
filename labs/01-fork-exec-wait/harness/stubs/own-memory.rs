//! Exercise `own-memory`: what a child changes stays in the child.
//!
//! It shows that `fork` gives the child a copy of its parent's memory: the same values at the same addresses,
//! but another memory. A result has to be handed over, and the smallest way is the exit code: eight bits.
//!
//! Calls: fork(2), _exit(2), waitpid(2).
//! Run it: `cargo run -p fork-exec-wait --bin own-memory`, and with numbers of your own: `… --bin own-memory 100 1 2 3`.
//! Edit: the body of `deposit_in_child`.

use std::process::ExitCode;

use fork_exec_wait::own_memory::{Balance, drive};

/// Forks a child that deposits `amount`, and returns the balance that the child has then.
///
/// - The child, not the parent, calls `balance.deposit(amount)`, which prints a line and adds a bonus that only the
///   bank knows beforehand.
/// - The child hands `balance.get()` to its parent. It is never above 255, so an exit code can carry it.
/// - The parent leaves its own balance alone and reaps the child.
fn deposit_in_child(balance: &mut Balance, amount: u8) -> nix::Result<u8> {
    // TODO: fork, deposit in the child, hand the new balance over, reap the child.
    todo!("deposit {amount} into {balance:?} in a child")
}

fn main() -> ExitCode {
    drive(deposit_in_child)
}
