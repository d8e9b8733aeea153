//! Mistake: the reader looks again and again at a word that the writer sets at the end, and never sleeps.

use std::hint::spin_loop;
use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use shared_memory::shared_array::{Numbers, drive};

fn share_array(numbers: Numbers) -> io::Result<f64> {
    let array: NonNull<f64> = map_shared(numbers.bytes())?;
    let is_full: NonNull<AtomicU32> = map_shared(size_of::<AtomicU32>())?;
    // SAFETY: the mapping is large enough, never unmapped, and an atomic may change at any time.
    let is_full = unsafe { is_full.as_ref() };
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            // SAFETY: the mapping has `count` places, and the parent does not touch it before it has been told to.
            numbers
                .fill(unsafe { slice::from_raw_parts_mut(array.as_ptr(), numbers.count()) });
            is_full.store(1, Ordering::Release);
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(0) }
        }
        ForkResult::Parent { child } => child,
    };
    while is_full.load(Ordering::Acquire) == 0 {
        spin_loop();
    }
    // SAFETY: as above; the writer has finished with the memory.
    let sum = numbers.sum(unsafe { slice::from_raw_parts(array.as_ptr(), numbers.count()) });
    waitpid(child, None)?;
    Ok(sum)
}

/// Memory of zeros that is shared with every child, and stays mapped until the program ends.
fn map_shared<T>(bytes: usize) -> io::Result<NonNull<T>> {
    let length = NonZeroUsize::new(bytes).ok_or(io::ErrorKind::InvalidInput)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    Ok(memory.cast())
}

fn main() -> ExitCode {
    drive(share_array)
}
