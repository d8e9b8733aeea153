//! Mistake: the parent learns from a pipe that the array is full, and waits for nobody.

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::ptr::NonNull;
use std::slice;

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap, munmap};
use nix::unistd::{ForkResult, fork, ftruncate, pipe, read};
use shared_memory::shared_array::{Numbers, drive};

fn share_array(numbers: Numbers) -> io::Result<f64> {
    let length = NonZeroUsize::new(numbers.bytes()).ok_or(io::ErrorKind::InvalidInput)?;
    let array = map_shared(length)?;
    let (full_source, full_sink) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            // SAFETY: the mapping is aligned for `f64`, has `count` of them, and zeros are numbers. The parent does
            // not touch it before this process has ended.
            let array = unsafe { slice::from_raw_parts_mut(array.as_ptr(), numbers.count()) };
            numbers.fill(array);
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(0) }
        }
        ForkResult::Parent { .. } => {}
    }
    drop(full_sink);
    // The end of file: the writer has ended.
    read(&full_source, &mut [0])?;
    // SAFETY: as above; the only other process that had the memory is gone.
    let sum = numbers.sum(unsafe { slice::from_raw_parts(array.as_ptr(), numbers.count()) });
    // SAFETY: the mapping is whole, and no reference to it is left.
    unsafe { munmap(array.cast(), length.get()) }?;
    Ok(sum)
}

/// Memory of zeros that stays shared with every child.
fn map_shared(length: NonZeroUsize) -> io::Result<NonNull<f64>> {
    let object = memfd_create(c"array", MFdFlags::MFD_CLOEXEC)?;
    let size = i64::try_from(length.get()).map_err(io::Error::other)?;
    ftruncate(&object, size)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, &object, 0) }?;
    Ok(memory.cast())
}

fn main() -> ExitCode {
    drive(share_array)
}
