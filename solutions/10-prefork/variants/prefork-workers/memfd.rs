//! Variant: a memfd is mapped instead of an anonymous mapping.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, ftruncate};
use prefork::prefork_workers::{Desk, drive};

fn prefork(desks: &mut [Desk]) -> nix::Result<Vec<u32>> {
    // Before the first fork: what a child maps later, its parent does not see.
    let counters = share_counters(desks.len())?;
    let mut workers = Vec::new();
    for (desk, counter) in desks.iter_mut().zip(counters) {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                while desk.serve() {
                    // One writer for each counter, so nothing can get lost between a load and a store.
                    counter.fetch_add(1, Ordering::Relaxed);
                }
                // A child that went on from here would fork the other workers once more.
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { child } => workers.push(child),
        }
    }
    // A counter is final when its worker has ended; what it stored before that is visible then.
    for worker in workers {
        if waitpid(worker, None)? != WaitStatus::Exited(worker, 0) {
            return Err(Errno::ECANCELED);
        }
    }
    Ok(counters
        .iter()
        .map(|it| it.load(Ordering::Relaxed))
        .collect())
}

/// So many counters of zero, shared with every process that is forked later, and mapped until the program ends.
fn share_counters(count: usize) -> nix::Result<&'static [AtomicU32]> {
    let length = NonZeroUsize::new(count * size_of::<AtomicU32>()).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    let memory = memfd_create("counters", MFdFlags::MFD_CLOEXEC)?;
    ftruncate(
        &memory,
        i64::try_from(length.get()).map_err(|_| Errno::EOVERFLOW)?,
    )?;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, &memory, 0) }?;
    // SAFETY: the mapping is page-aligned, has room for `count` counters, is never unmapped, and its zeros are valid
    // atomics, which may change at any time.
    Ok(unsafe { slice::from_raw_parts(memory.cast().as_ptr(), count) })
}

fn main() -> ExitCode {
    drive(prefork)
}
