//! Variant: threads in a scope, and processes that leave their counts in memory that they share on purpose. A child that
//! panics ends by itself.

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, fork};
use threads_and_actors::threads_vs_processes::{Outcome, Part, drive};

fn count_with_threads(parts: &[Part]) -> io::Result<Vec<Outcome>> {
    Ok(thread::scope(|scope| {
        let threads: Vec<_> = parts
            .iter()
            .map(|part| scope.spawn(|| part.count()))
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined
            .map(|count| count.map_or(Outcome::Crashed, Outcome::Counted))
            .collect()
    }))
}

fn count_with_processes(parts: &[Part]) -> io::Result<Vec<Outcome>> {
    let length = NonZeroUsize::new(size_of::<AtomicU64>() * 64).unwrap_or(NonZeroUsize::MIN);
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is page-aligned, has room for 64 words of zeros, and is never unmapped.
    let counts = unsafe { memory.cast::<[AtomicU64; 64]>().as_ref() };
    let mut pids = Vec::new();
    for (part, count) in parts.iter().zip(counts) {
        // SAFETY: the process has one thread now, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                count.store(part.count(), Ordering::Release);
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { child } => pids.push(child),
        }
    }
    let mut outcomes = vec![Outcome::Crashed; parts.len()];
    for _ in parts {
        if let WaitStatus::Exited(child, 0) = wait()?
            && let Some(place) = pids.iter().position(|pid| *pid == child)
        {
            outcomes[place] = Outcome::Counted(counts[place].load(Ordering::Acquire));
        }
    }
    Ok(outcomes)
}

fn main() -> ExitCode {
    drive(count_with_threads, count_with_processes)
}
