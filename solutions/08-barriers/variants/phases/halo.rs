//! Variant: a worker keeps its segment in memory of its own and shows only the outermost cells, which are all that its neighbors need.

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
    let segment = rod.segment(worker);
    let mut own: Vec<i64> = segment.clone().map(|cell| rod.heat(cell)).collect();
    for _ in 0..rod.steps() {
        let (left, right) = (rod.heat(segment.start - 1), rod.heat(segment.end));
        barrier.wait();
        let before = own.clone();
        for (at, heat) in own.iter_mut().enumerate() {
            let left = at.checked_sub(1).map_or(left, |at| before[at]);
            *heat = next_heat(left, before[at], *before.get(at + 1).unwrap_or(&right));
        }
        for (cell, heat) in segment.clone().zip(&own) {
            if cell == segment.start || cell + 1 == segment.end {
                rod.set_heat(cell, *heat);
            }
        }
        barrier.wait();
    }
    for (cell, heat) in segment.zip(own) {
        rod.set_heat(cell, heat);
    }
}

fn main() -> ExitCode {
    drive(diffuse)
}
