//! Mistake: the clock runs while the producer is forked.

use std::fs::File;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::slice;
use std::time::Duration;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::mman::{MapFlags, MmapAdvise, ProtFlags, madvise, mmap_anonymous, munmap};
use nix::sys::wait::waitpid;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{ForkResult, Pid, fork, pipe2};
use shared_memory::pipe_vs_shm::{Payload, drive};

/// Small enough to stay in the cache of a CPU between two copies.
const PART: usize = 256 * 1024;

fn through_pipe(payload: Payload) -> io::Result<Duration> {
    let (source, sink) = pipe2(OFlag::O_CLOEXEC)?;
    // A larger pipe lets each side work longer before it has to wait. Where that is refused, 64 KiB do as well.
    let _ = fcntl(&sink, FcntlArg::F_SETPIPE_SZ(1 << 20));
    let mut source = File::from(source);
    let begin = now()?;
    let child = start_child(|| {
        let mut sink = File::from(sink.try_clone()?);
        let mut part = vec![0; PART];
        for from in (0..payload.bytes()).step_by(PART) {
            let part = &mut part[..PART.min(payload.bytes() - from)];
            payload.make(from, part);
            sink.write_all(part)?;
        }
        Ok(())
    })?;
    // Otherwise a producer that dies would leave a consumer that waits for ever.
    drop(sink);
    let mut part = vec![0; PART];
    let mut from = 0;
    while from < payload.bytes() {
        match source.read(&mut part)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => {
                payload.take(from, &part[..length]);
                from += length;
            }
        }
    }
    let time = now()?.saturating_sub(begin);
    waitpid(child, None)?;
    Ok(Duration::from_nanos(time))
}

fn through_memory(payload: Payload) -> io::Result<Duration> {
    let length = NonZeroUsize::new(payload.bytes()).ok_or(io::ErrorKind::InvalidInput)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // Memory is there when it is first touched, page by page, and that takes longer than to copy the page. Who wants to be
    // fast later touches it before: each process for itself, because each has a page table of its own.
    let flags = MapFlags::MAP_SHARED | MapFlags::MAP_POPULATE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, flags) }?;
    let (source, sink) = pipe2(OFlag::O_CLOEXEC)?;
    let begin = now()?;
    let child = start_child(|| {
        // SAFETY: the advice changes no byte. A kernel that does not know it (before 5.14) refuses, and nothing is lost.
        let _ = unsafe { madvise(memory, length.get(), MmapAdvise::MADV_POPULATE_WRITE) };
        // SAFETY: the mapping has so many bytes, and the parent does not touch it before it has been told to.
        payload.make(0, unsafe {
            slice::from_raw_parts_mut(memory.as_ptr().cast(), length.get())
        });
        // A byte says that the memory is full.
        File::from(sink.try_clone()?).write_all(b"f")
    })?;
    drop(sink);
    File::from(source).read_exact(&mut [0])?;
    // SAFETY: as above; the producer has finished with the memory.
    payload.take(0, unsafe {
        slice::from_raw_parts(memory.as_ptr().cast(), length.get())
    });
    let time = now()?.saturating_sub(begin);
    waitpid(child, None)?;
    // SAFETY: the mapping is whole, and no reference to it is left.
    unsafe { munmap(memory, length.get()) }?;
    Ok(Duration::from_nanos(time))
}

/// Forks a child that does this and ends.
fn start_child(work: impl FnOnce() -> io::Result<()>) -> nix::Result<Pid> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = i32::from(work().is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => Ok(child),
    }
}

/// The clock that is the same in all processes and never set back.
fn now() -> io::Result<u64> {
    let time = Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC)?);
    u64::try_from(time.as_nanos()).map_err(io::Error::other)
}

fn main() -> ExitCode {
    drive(through_pipe, through_memory)
}
