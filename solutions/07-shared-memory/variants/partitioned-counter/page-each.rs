//! Variant: a memfd with a page for each worker, which the worker maps for itself; the reader maps all of them afterwards.

use std::num::NonZeroUsize;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::errno::Errno;
use nix::libc::off_t;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap};
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, SysconfVar, fork, ftruncate, sysconf};
use shared_memory::partitioned_counter::{Worker, drive};

fn count_in_lanes(workers: &[Worker]) -> nix::Result<u64> {
    let page = sysconf(SysconfVar::PAGE_SIZE)?.ok_or(Errno::EINVAL)?;
    let object = memfd_create(c"lanes", MFdFlags::MFD_CLOEXEC)?;
    let pages = off_t::try_from(workers.len()).map_err(|_| Errno::E2BIG)?;
    ftruncate(&object, pages * page)?;
    for (worker, at) in workers.iter().zip(0..) {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if let ForkResult::Child = unsafe { fork() }? {
            let lane = map_lane(&object, page, at);
            if let Ok(lane) = lane {
                worker.count(lane);
            }
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(lane.is_err())) }
        }
    }
    for _ in workers {
        wait()?;
    }
    let mut sum = 0;
    for at in 0..pages {
        sum += map_lane(&object, page, at)?.load(Ordering::Relaxed);
    }
    Ok(sum)
}

/// Maps one page of the object, until the process ends.
fn map_lane(object: &OwnedFd, page: off_t, at: off_t) -> nix::Result<&'static AtomicU64> {
    let length = NonZeroUsize::new(size_of::<AtomicU64>()).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe {
        mmap(
            None,
            length,
            access,
            MapFlags::MAP_SHARED,
            object,
            at * page,
        )
    }?;
    // SAFETY: the mapping begins at a page, is never unmapped, and its zeros are a valid atomic.
    Ok(unsafe { memory.cast().as_ref() })
}

fn main() -> ExitCode {
    drive(count_in_lanes)
}
