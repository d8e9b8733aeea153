//! Exercise `phases`: workers that compute from each other's results, step by step.
//!
//! It shows what a barrier is most used for: phases. What is read in one phase must not be written in it by anybody else, so a
//! phase that reads and one that writes are kept apart, on both sides. The driver's barrier keeps its promise
//! and nothing more: it lets one process leave it late, each time another one.
//!
//! Calls: fork(2), waitpid(2), _exit(2); `Barrier::wait`.
//! Run it: `cargo run -p barriers --bin phases`, and with more: `… --bin phases 4 10 40`.
//! Edit: the body of `diffuse`.

use std::process::ExitCode;

use barriers::barrier::Barrier;
use barriers::phases::{Rod, drive, next_heat};

/// Lets the heat spread along the rod for `rod.steps()` steps.
///
/// - Forks `rod.workers()` processes and reaps them. The worker of number `w`, from 0, sets the cells of `rod.segment(w)`, nobody else does.
/// - In each step every cell gets `next_heat(left, own, right)`: of its own heat and its neighbors' *before* the step. The
///   neighbors of a segment's ends belong to other workers.
/// - The phases are separated by `barrier.wait()`, which returns when all workers have called it.
/// - The result is that of one process alone.
fn diffuse(rod: &Rod, barrier: &Barrier) -> nix::Result<()> {
    // TODO: fork the workers; in each of them compute, wait, set, wait, for each step.
    let heat = next_heat(rod.heat(0), rod.heat(1), rod.heat(2));
    todo!("{} workers, {barrier:?}; cell 1 gets {heat}", rod.workers())
}

fn main() -> ExitCode {
    drive(diffuse)
}
