//! Mistake: one barrier for each step, at its end. Who is slow reads what its faster neighbors have already set in the same step.

use std::process::ExitCode;

use barriers::barrier::Barrier;
use barriers::phases::{Rod, drive, next_heat};
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn diffuse(rod: &Rod, barrier: &Barrier) -> nix::Result<()> {
    let mut children = Vec::new();
    for worker in 0..rod.workers() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                for _ in 0..rod.steps() {
                    step(rod, worker, barrier);
                }
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    let mut all_well = true;
    for child in children {
        all_well &= waitpid(child, None)? == WaitStatus::Exited(child, 0);
    }
    if all_well {
        Ok(())
    } else {
        Err(Errno::ECANCELED)
    }
}

fn step(rod: &Rod, worker: usize, barrier: &Barrier) {
    let heats: Vec<i64> = rod
        .segment(worker)
        .map(|cell| next_heat(rod.heat(cell - 1), rod.heat(cell), rod.heat(cell + 1)))
        .collect();
    for (cell, heat) in rod.segment(worker).zip(heats) {
        rod.set_heat(cell, heat);
    }
    barrier.wait();
}

fn main() -> ExitCode {
    drive(diffuse)
}
