//! Variant: two steps between two exchanges. The cells beside the segment that the first of them needs are computed here, too: a little
//! work done twice, for half of the barriers.

use std::process::ExitCode;

use barriers::barrier::Barrier;
use barriers::phases::{Rod, drive, next_heat};
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

/// Steps between two exchanges.
const AT_ONCE: usize = 2;

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
    let all = 1..rod.segment(rod.workers() - 1).end;
    let mut step = 0;
    while step < rod.steps() {
        let steps = AT_ONCE.min(rod.steps() - step);
        let first = segment.start.saturating_sub(steps);
        let last = (segment.end + steps - 1).min(all.end);
        let mut heats: Vec<i64> = (first..=last).map(|cell| rod.heat(cell)).collect();
        barrier.wait();
        for left in (0..steps).rev() {
            let before = heats.clone();
            // So many cells beside the segment are needed in the steps that are left.
            let from = segment.start.saturating_sub(left).max(all.start);
            let to = (segment.end + left).min(all.end);
            for cell in from..to {
                let at = cell - first;
                heats[at] = next_heat(before[at - 1], before[at], before[at + 1]);
            }
        }
        for cell in segment.clone() {
            rod.set_heat(cell, heats[cell - first]);
        }
        barrier.wait();
        step += steps;
    }
}

fn main() -> ExitCode {
    drive(diffuse)
}
