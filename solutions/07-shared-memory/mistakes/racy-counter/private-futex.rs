//! Mistake: a mutex of the standard library in shared memory. It sleeps on a futex that it calls private, so its wake-up reaches nobody in
//! another process.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Mutex;

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
    let mutex = shared_mutex()?;
    in_workers(tally, |worker| {
        let _held = mutex.lock().map_err(|_| Errno::EDEADLK)?;
        add_one(worker);
        Ok(())
    })
}

fn shared_mutex() -> nix::Result<&'static Mutex<()>> {
    let length = NonZeroUsize::new(size_of::<Mutex<()>>()).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    let mutex = memory.cast::<Mutex<()>>();
    // SAFETY: the mapping is large enough, aligned to a page, and nobody else has it yet.
    unsafe { mutex.write(Mutex::new(())) };
    // SAFETY: it holds a mutex, and is never unmapped.
    Ok(unsafe { mutex.as_ref() })
}

/// Two steps, between which others can run.
fn add_one(worker: &Worker) {
    let value = worker.load();
    worker.store(value + 1);
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
