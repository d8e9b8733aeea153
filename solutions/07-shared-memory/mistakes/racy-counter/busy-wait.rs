//! Mistake: a lock that is tried again and again. Who is locked out keeps a CPU busy, until the owner has got one.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use shared_memory::racy_counter::{Tally, Worker, drive};

fn count_without_lock(tally: &Tally) -> nix::Result<()> {
    in_workers(tally, |worker| {
        add_one(worker);
        Ok(())
    })
}

fn count_with_lock(tally: &Tally) -> nix::Result<()> {
    let lock = shared_flag()?;
    in_workers(tally, |worker| {
        while lock.swap(true, Ordering::Acquire) {
            std::hint::spin_loop();
        }
        add_one(worker);
        lock.store(false, Ordering::Release);
        Ok(())
    })
}

/// Two steps, between which others can run.
fn add_one(worker: &Worker) {
    let value = worker.load();
    worker.store(value + 1);
}

/// A flag that is shared with the processes that are forked later.
fn shared_flag() -> nix::Result<&'static AtomicBool> {
    let length = NonZeroUsize::new(size_of::<AtomicBool>()).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is page-aligned, never unmapped, and its zeros are a valid atomic.
    Ok(unsafe { memory.cast::<AtomicBool>().as_ref() })
}

/// Forks the workers, lets each of them do this in each round, and reaps them.
fn in_workers(tally: &Tally, round: impl Fn(&Worker) -> nix::Result<()>) -> nix::Result<()> {
    let mut children = Vec::new();
    for index in 0..tally.workers() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let worker = tally.begin(index);
                let result = (0..tally.rounds()).try_for_each(|_| round(&worker));
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(i32::from(result.is_err())) }
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

fn main() -> ExitCode {
    drive(count_without_lock, count_with_lock)
}
