//! Mistake: every worker computes the whole rod in memory of its own, and shows the part that it was given.

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
                work(rod, worker, barrier);
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

fn work(rod: &Rod, worker: usize, barrier: &Barrier) {
    let end = rod.segment(rod.workers() - 1).end;
    let mut heats: Vec<i64> = (0..=end).map(|cell| rod.heat(cell)).collect();
    barrier.wait();
    for _ in 0..rod.steps() {
        let before = heats.clone();
        for cell in 1..end {
            heats[cell] = next_heat(before[cell - 1], before[cell], before[cell + 1]);
        }
        barrier.wait();
    }
    for cell in rod.segment(worker) {
        rod.set_heat(cell, heats[cell]);
    }
}

fn main() -> ExitCode {
    drive(diffuse)
}
