//! Variant: both processes open an object by its name, each maps it for itself, and a pipe says when the array is full.

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::ptr::NonNull;
use std::slice;

use nix::fcntl::OFlag;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, shm_open, shm_unlink};
use nix::sys::stat::Mode;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, ftruncate, getpid, pipe2, read, write};
use shared_memory::shared_array::{Numbers, drive};

fn share_array(numbers: Numbers) -> io::Result<f64> {
    let name = format!("/forklings-array-{}", getpid());
    let length = i64::try_from(numbers.bytes()).map_err(io::Error::other)?;
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
    let owner = Mode::S_IRUSR | Mode::S_IWUSR;
    ftruncate(shm_open(name.as_str(), flags, owner)?, length)?;
    let sum = fill_and_sum(numbers, &name);
    // Whatever has happened: the name goes.
    shm_unlink(name.as_str())?;
    sum
}

fn fill_and_sum(numbers: Numbers, name: &str) -> io::Result<f64> {
    let (full_source, full_sink) = pipe2(OFlag::O_CLOEXEC)?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(full_source);
            let filled = open(name, numbers).map(|array| {
                // SAFETY: the mapping has so many numbers, and nobody else touches it before the byte is sent.
                numbers.fill(unsafe { slice::from_raw_parts_mut(array.as_ptr(), numbers.count()) });
                write(&full_sink, b"f")
            });
            let code = i32::from(!matches!(filled, Ok(Ok(1))));
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            drop(full_sink);
            let array = open(name, numbers)?;
            let is_full = read(&full_source, &mut [0])? == 1;
            // SAFETY: the mapping has so many numbers, and the writer has finished with it.
            let array = unsafe { slice::from_raw_parts(array.as_ptr(), numbers.count()) };
            let sum = is_full.then(|| numbers.sum(array));
            waitpid(child, None)?;
            sum.ok_or_else(|| io::Error::other("the writer failed"))
        }
    }
}

/// Opens the object by its name and maps it, until the process ends.
fn open(name: &str, numbers: Numbers) -> io::Result<NonNull<f64>> {
    let object = shm_open(name, OFlag::O_RDWR, Mode::empty())?;
    let length = NonZeroUsize::new(numbers.bytes()).ok_or(io::ErrorKind::InvalidInput)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, &object, 0) }?;
    Ok(memory.cast())
}

fn main() -> ExitCode {
    drive(share_array)
}
