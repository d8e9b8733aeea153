//! Variant: the mutex of the C library, in shared memory and made for several processes; it is held for all rounds together.

use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::ptr::NonNull;

use nix::errno::Errno;
use nix::libc;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use shared_memory::racy_counter::{Tally, Worker, drive};

fn count_without_lock(tally: &Tally) -> nix::Result<()> {
    in_workers_once(tally, |worker, rounds| {
        (0..rounds).for_each(|_| add_one(worker));
        Ok(())
    })
}

fn count_with_lock(tally: &Tally) -> nix::Result<()> {
    let mutex = shared_mutex()?;
    in_workers_once(tally, |worker, rounds| {
        // SAFETY: the mutex is initialized, shared, and never destroyed.
        match unsafe { libc::pthread_mutex_lock(mutex.as_ptr()) } {
            0 => {}
            error => return Err(Errno::from_raw(error)),
        }
        (0..rounds).for_each(|_| add_one(worker));
        // SAFETY: as above, and this process has locked it.
        match unsafe { libc::pthread_mutex_unlock(mutex.as_ptr()) } {
            0 => Ok(()),
            error => Err(Errno::from_raw(error)),
        }
    })
}

/// Two steps, between which others can run.
fn add_one(worker: &Worker) {
    let value = worker.load();
    worker.store(value + 1);
}

fn shared_mutex() -> nix::Result<NonNull<libc::pthread_mutex_t>> {
    let length = NonZeroUsize::new(size_of::<libc::pthread_mutex_t>()).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    let mutex = memory.cast::<libc::pthread_mutex_t>();
    let mut attributes = MaybeUninit::uninit();
    // SAFETY: the attributes are initialized before they are used, and the memory is large enough for the mutex.
    let errors = unsafe {
        [
            libc::pthread_mutexattr_init(attributes.as_mut_ptr()),
            libc::pthread_mutexattr_setpshared(
                attributes.as_mut_ptr(),
                libc::PTHREAD_PROCESS_SHARED,
            ),
            libc::pthread_mutex_init(mutex.as_ptr(), attributes.as_ptr()),
        ]
    };
    match errors.into_iter().find(|error| *error != 0) {
        None => Ok(mutex),
        Some(error) => Err(Errno::from_raw(error)),
    }
}

/// Forks the workers, lets each of them do this, and reaps them.
fn in_workers_once(
    tally: &Tally,
    work: impl Fn(&Worker, usize) -> nix::Result<()>,
) -> nix::Result<()> {
    let mut children = Vec::new();
    for index in 0..tally.workers() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let worker = tally.begin(index);
                let result = work(&worker, tally.rounds());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { libc::_exit(i32::from(result.is_err())) }
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
