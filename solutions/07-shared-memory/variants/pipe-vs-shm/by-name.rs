//! Variant: an object of `shm_open` that each process maps for itself, with the time of the beginning in its first bytes; the
//! end of the producer says that all is there. Through the pipe, the beginning is the time before which no byte was made.

use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::sys::mman::{MapFlags, ProtFlags, mmap, shm_open, shm_unlink};
use nix::sys::stat::Mode;
use nix::sys::time::TimeSpec;
use nix::sys::wait::waitpid;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{ForkResult, fork, ftruncate, getpid};
use shared_memory::pipe_vs_shm::{Payload, drive};

/// A page before the payload, for the time.
const HEADER: usize = 4096;

fn through_pipe(payload: Payload) -> io::Result<Duration> {
    let (mut source, mut sink) = io::pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            drop(source);
            let begin = now();
            let mut bytes = vec![0; payload.bytes()];
            payload.make(0, &mut bytes);
            let sent = sink.write_all(&begin.to_ne_bytes());
            let sent = sent.and_then(|()| sink.write_all(&bytes));
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(sent.is_err())) }
        }
        ForkResult::Parent { child } => child,
    };
    drop(sink);
    let mut begin = [0; 8];
    source.read_exact(&mut begin)?;
    let mut bytes = Vec::with_capacity(payload.bytes());
    source.read_to_end(&mut bytes)?;
    payload.take(0, &bytes);
    let time = now() - u64::from_ne_bytes(begin);
    waitpid(child, None)?;
    Ok(Duration::from_nanos(time))
}

fn through_memory(payload: Payload) -> io::Result<Duration> {
    let name = format!("/forklings-payload-{}", getpid());
    let flags = OFlag::O_RDWR | OFlag::O_CREAT | OFlag::O_EXCL;
    let object = shm_open(name.as_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR)?;
    let size = i64::try_from(HEADER + payload.bytes()).map_err(io::Error::other)?;
    let sized = ftruncate(&object, size);
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            let made = open(&name, payload).map(|(time, memory)| {
                time.store(now(), Ordering::Relaxed);
                // SAFETY: the mapping has so many bytes behind the header, and nobody else touches it now.
                payload.make(0, unsafe {
                    slice::from_raw_parts_mut(memory.as_ptr(), payload.bytes())
                });
            });
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(made.is_err())) }
        }
        ForkResult::Parent { child } => child,
    };
    let opened = open(&name, payload);
    waitpid(child, None)?;
    shm_unlink(name.as_str())?;
    sized?;
    let (begin, memory) = opened?;
    // SAFETY: the mapping has so many bytes behind the header, and the producer has gone.
    payload.take(0, unsafe {
        slice::from_raw_parts(memory.as_ptr(), payload.bytes())
    });
    Ok(Duration::from_nanos(now() - begin.load(Ordering::Relaxed)))
}

/// Opens the object by its name and maps it until the process ends: the header's time, and the payload behind it.
fn open(name: &str, payload: Payload) -> io::Result<(&'static AtomicU64, NonNull<u8>)> {
    let object = shm_open(name, OFlag::O_RDWR, Mode::empty())?;
    let length = NonZeroUsize::new(HEADER + payload.bytes()).ok_or(io::ErrorKind::InvalidInput)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, &object, 0) }?;
    // SAFETY: the mapping is page-aligned and never unmapped, and the header holds the atomic only.
    let time = unsafe { memory.cast::<AtomicU64>().as_ref() };
    // SAFETY: the payload begins inside the mapping.
    Ok((time, unsafe { memory.cast::<u8>().add(HEADER) }))
}

fn now() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap_or(TimeSpec::new(0, 0));
    u64::try_from(Duration::from(time).as_nanos()).unwrap_or(0)
}

fn main() -> ExitCode {
    drive(through_pipe, through_memory)
}
