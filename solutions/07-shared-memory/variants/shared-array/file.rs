//! Variant: the object is a file of the work folder that has lost its name; the reader maps it for reading only.

use std::fs::{File, remove_file};
use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::ptr::NonNull;
use std::slice;

use nix::sys::mman::{MapFlags, ProtFlags, mmap};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use shared_memory::shared_array::{Numbers, drive};

fn share_array(numbers: Numbers) -> io::Result<f64> {
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open("array")?;
    remove_file("array")?;
    file.set_len(numbers.bytes() as u64)?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
            let code = match map(&file, numbers, access) {
                Ok(array) => {
                    // SAFETY: the mapping has so many numbers, and nobody else touches it before this process has ended.
                    numbers.fill(unsafe {
                        slice::from_raw_parts_mut(array.as_ptr(), numbers.count())
                    });
                    0
                }
                Err(_) => 1,
            };
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            let array = map(&file, numbers, ProtFlags::PROT_READ)?;
            waitpid(child, None)?;
            // SAFETY: the mapping has so many numbers, and the writer has gone.
            Ok(numbers.sum(unsafe { slice::from_raw_parts(array.as_ptr(), numbers.count()) }))
        }
    }
}

fn map(file: &File, numbers: Numbers, access: ProtFlags) -> io::Result<NonNull<f64>> {
    let length = NonZeroUsize::new(numbers.bytes()).ok_or(io::ErrorKind::InvalidInput)?;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, file, 0) }?;
    Ok(memory.cast())
}

fn main() -> ExitCode {
    drive(share_array)
}
