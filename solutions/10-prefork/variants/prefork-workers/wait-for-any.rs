//! Variant: each worker stores its count once, at its end, and `wait` until there is no child left.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, fork};
use prefork::prefork_workers::{Desk, drive};

fn prefork(desks: &mut [Desk]) -> nix::Result<Vec<u32>> {
    // Before the first fork: what a child maps later, its parent does not see.
    let counters = share_counters(desks.len())?;
    for (desk, counter) in desks.iter_mut().zip(counters) {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if let ForkResult::Child = unsafe { fork() }? {
            let mut served = 0;
            while desk.serve() {
                served += 1;
            }
            // Stored once, when it is known.
            counter.store(served, Ordering::Release);
            // A child that went on from here would fork the other workers once more.
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(0) }
        }
    }
    // In the order in which they end, until there is no child left.
    loop {
        match wait() {
            Ok(WaitStatus::Exited(_, 0)) | Err(Errno::EINTR) => {}
            Ok(_) => return Err(Errno::ECANCELED),
            Err(Errno::ECHILD) => break,
            Err(error) => return Err(error),
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
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is page-aligned, has room for `count` counters, is never unmapped, and its zeros are valid
    // atomics, which may change at any time.
    Ok(unsafe { slice::from_raw_parts(memory.cast().as_ptr(), count) })
}

fn main() -> ExitCode {
    drive(prefork)
}
