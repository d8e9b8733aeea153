//! Variant: two rows in shared memory of its own, read and written in turns, so that one barrier for each step is enough.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI64, Ordering};

use barriers::barrier::Barrier;
use barriers::phases::{Rod, drive, next_heat};
use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

fn diffuse(rod: &Rod, barrier: &Barrier) -> nix::Result<()> {
    let rows = shared_rows()?;
    let end = rod.segment(rod.workers() - 1).end;
    for row in rows {
        for (cell, heat) in row.iter().enumerate().take(end + 1) {
            heat.store(rod.heat(cell), Ordering::Relaxed);
        }
    }
    let mut children = Vec::new();
    for worker in 0..rod.workers() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                work(rod, worker, barrier, rows);
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

/// More cells than any rod has.
type Rows = [[AtomicI64; 64]; 2];

fn work(rod: &Rod, worker: usize, barrier: &Barrier, rows: &Rows) {
    let heat = |row: usize, cell: usize| rows[row][cell].load(Ordering::Relaxed);
    for step in 0..rod.steps() {
        let (old, new) = (step % 2, (step + 1) % 2);
        for cell in rod.segment(worker) {
            let next = next_heat(heat(old, cell - 1), heat(old, cell), heat(old, cell + 1));
            rows[new][cell].store(next, Ordering::Relaxed);
        }
        // Behind it nobody reads the old row any more, so it can be written in the next step.
        barrier.wait();
    }
    for cell in rod.segment(worker) {
        rod.set_heat(cell, heat(rod.steps() % 2, cell));
    }
}

fn shared_rows() -> nix::Result<&'static Rows> {
    let length = NonZeroUsize::new(size_of::<Rows>()).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is page-aligned, large enough, never unmapped, and its zeros are valid atomics.
    Ok(unsafe { memory.cast().as_ref() })
}

fn main() -> ExitCode {
    drive(diffuse)
}
