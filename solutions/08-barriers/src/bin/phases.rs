//! Reference answer of `phases`.

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
    // First phase: everybody reads, nobody writes. The results stay in memory of one's own.
    let heats: Vec<i64> = rod
        .segment(worker)
        .map(|cell| next_heat(rod.heat(cell - 1), rod.heat(cell), rod.heat(cell + 1)))
        .collect();
    // Nobody writes before all have read: a neighbor may still need what is in these cells.
    barrier.wait();
    // Second phase: everybody writes, nobody reads.
    for (cell, heat) in rod.segment(worker).zip(heats) {
        rod.set_heat(cell, heat);
    }
    // Nobody reads before all have written: otherwise the next step would begin with a mixture of both.
    barrier.wait();
}

fn main() -> ExitCode {
    drive(diffuse)
}
