//! Mistake: the parent asks again and again whether a worker has ended, by waits that return at once.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_utils::CachePadded;
use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use shared_memory::partitioned_counter::{Worker, drive};

/// As large and as aligned as a cache line at least, so that no other lane can be in the same one.
type Lane = CachePadded<AtomicU64>;

fn count_in_lanes(workers: &[Worker]) -> nix::Result<u64> {
    let lanes = share_lanes(workers.len())?;
    let mut children = Vec::new();
    for (worker, lane) in workers.iter().zip(lanes) {
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
        while waitpid(child, Some(WaitPidFlag::WNOHANG))? == WaitStatus::StillAlive {}
    }
    let sum = lanes.iter().map(|lane| lane.load(Ordering::Relaxed)).sum();
    Ok(sum)
}

/// So many lanes of zero, shared with every process that is forked later, and mapped until the program ends.
fn share_lanes(count: usize) -> nix::Result<&'static [Lane]> {
    let length = NonZeroUsize::new(count * size_of::<Lane>()).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping begins at a page, which is aligned well enough for a lane, has room for `count` of them, is
    // never unmapped, and its zeros are valid atomics, which may change at any time.
    Ok(unsafe { slice::from_raw_parts(memory.cast().as_ptr(), count) })
}

fn main() -> ExitCode {
    drive(count_in_lanes)
}
