//! Variant: the C library's barrier, in shared memory and made for several processes.

use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::ptr::NonNull;

use barriers::start_line::{Player, drive};
use nix::errno::Errno;
use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};

fn race(players: &[Player]) -> nix::Result<()> {
    let barrier = shared_barrier(players.len())?;
    let mut children = Vec::new();
    for player in players {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                player.get_ready();
                // SAFETY: the barrier is initialized, shared, and never destroyed.
                unsafe { libc::pthread_barrier_wait(barrier.as_ptr()) };
                player.go();
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { libc::_exit(0) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    for child in children {
        waitpid(child, None)?;
    }
    Ok(())
}

fn shared_barrier(count: usize) -> nix::Result<NonNull<libc::pthread_barrier_t>> {
    let count = u32::try_from(count).map_err(|_| Errno::E2BIG)?;
    let length = NonZeroUsize::new(size_of::<libc::pthread_barrier_t>()).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    let barrier = memory.cast::<libc::pthread_barrier_t>();
    let mut attributes = MaybeUninit::uninit();
    // SAFETY: the attributes are initialized before they are used.
    let errors = unsafe {
        [
            libc::pthread_barrierattr_init(attributes.as_mut_ptr()),
            libc::pthread_barrierattr_setpshared(
                attributes.as_mut_ptr(),
                libc::PTHREAD_PROCESS_SHARED,
            ),
            libc::pthread_barrier_init(barrier.as_ptr(), attributes.as_ptr(), count),
        ]
    };
    match errors.into_iter().find(|error| *error != 0) {
        None => Ok(barrier),
        Some(error) => Err(Errno::from_raw(error)),
    }
}

fn main() -> ExitCode {
    drive(race)
}
