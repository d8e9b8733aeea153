//! Mistake: the lanes are in ordinary memory. After fork each worker counts in a copy of its own.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;
use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use shared_memory::partitioned_counter::{Worker, drive};

/// As large and as aligned as a cache line at least, so that no other lane can be in the same one.
type Lane = CachePadded<AtomicU64>;

fn count_in_lanes(workers: &[Worker]) -> nix::Result<u64> {
    let lanes: Vec<Lane> = workers.iter().map(|_| Lane::default()).collect();
    let mut children = Vec::new();
    for (worker, lane) in workers.iter().zip(&lanes) {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                worker.count(lane);
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    for child in children {
        if waitpid(child, None)? != WaitStatus::Exited(child, 0) {
            return Err(Errno::ECANCELED);
        }
    }
    Ok(lanes.iter().map(|lane| lane.load(Ordering::Relaxed)).sum())
}

fn main() -> ExitCode {
    drive(count_in_lanes)
}
