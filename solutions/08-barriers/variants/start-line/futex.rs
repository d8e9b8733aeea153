//! Variant: a counter in shared memory, on which the players sleep by futex until the last one has come.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use barriers::start_line::{Player, drive};
use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use rustix::thread::futex;

fn race(players: &[Player]) -> nix::Result<()> {
    let all = u32::try_from(players.len()).map_err(|_| Errno::E2BIG)?;
    let ready = shared_counter()?;
    let mut children = Vec::new();
    for player in players {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                player.get_ready();
                arrive_and_wait(ready, all);
                player.go();
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    for child in children {
        waitpid(child, None)?;
    }
    Ok(())
}

/// The last one wakes the others; nobody sleeps on a count that is no longer true.
fn arrive_and_wait(ready: &AtomicU32, all: u32) {
    let mut count = ready.fetch_add(1, Ordering::AcqRel) + 1;
    if count == all {
        // Not private: those who sleep are other processes.
        let _ = futex::wake(ready, futex::Flags::empty(), i32::MAX as u32);
    }
    while count < all {
        let _ = futex::wait(ready, futex::Flags::empty(), count, None);
        count = ready.load(Ordering::Acquire);
    }
}

/// A counter of those who are ready, shared with the processes that are forked later.
fn shared_counter() -> nix::Result<&'static AtomicU32> {
    let length = NonZeroUsize::new(size_of::<AtomicU32>()).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is page-aligned, never unmapped, and its zeros are a valid atomic.
    Ok(unsafe { memory.cast::<AtomicU32>().as_ref() })
}

fn main() -> ExitCode {
    drive(race)
}
