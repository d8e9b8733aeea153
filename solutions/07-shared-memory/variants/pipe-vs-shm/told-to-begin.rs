//! Variant: the consumer's clock alone. The producer is told to begin, so the consumer knows when it began; the memory is
//! a memfd, and each part of it is announced, so that both processes work at once.

use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::ptr::NonNull;
use std::slice;
use std::time::{Duration, Instant};

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::mman::{MapFlags, ProtFlags, mmap};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, ftruncate};
use shared_memory::pipe_vs_shm::{Payload, drive};

const PART: usize = 64 * 1024;

fn through_pipe(payload: Payload) -> io::Result<Duration> {
    let (mut source, mut start, child) = start_child(|mut go, mut sink| {
        go.read_exact(&mut [0])?;
        for from in (0..payload.bytes()).step_by(PART) {
            let mut part = vec![0; PART.min(payload.bytes() - from)];
            payload.make(from, &mut part);
            sink.write_all(&part)?;
        }
        Ok(())
    })?;
    let begin = Instant::now();
    start.write_all(b"g")?;
    let mut part = vec![0; PART];
    let mut from = 0;
    loop {
        let length = source.read(&mut part)?;
        if length == 0 {
            break;
        }
        payload.take(from, &part[..length]);
        from += length;
    }
    let time = begin.elapsed();
    waitpid(child, None)?;
    Ok(time)
}

fn through_memory(payload: Payload) -> io::Result<Duration> {
    let memory = map_shared(payload.bytes())?;
    let parts = (0..payload.bytes()).step_by(PART).map(|from| {
        let length = PART.min(payload.bytes() - from);
        (from, length)
    });
    let (mut source, mut start, child) = start_child(|mut go, mut sink| {
        go.read_exact(&mut [0])?;
        for (from, length) in parts.clone() {
            // SAFETY: the part is inside the mapping, and the consumer leaves it alone until it is announced.
            let part = unsafe { slice::from_raw_parts_mut(memory.add(from).as_ptr(), length) };
            payload.make(from, part);
            sink.write_all(b"f")?;
        }
        Ok(())
    })?;
    let begin = Instant::now();
    start.write_all(b"g")?;
    for (from, length) in parts {
        source.read_exact(&mut [0])?;
        // SAFETY: the part is inside the mapping, and the producer has finished with it.
        let part = unsafe { slice::from_raw_parts(memory.add(from).as_ptr(), length) };
        payload.take(from, part);
    }
    let time = begin.elapsed();
    waitpid(child, None)?;
    Ok(time)
}

/// Memory that stays mapped until the program ends.
fn map_shared(bytes: usize) -> io::Result<NonNull<u8>> {
    let object = memfd_create(c"payload", MFdFlags::MFD_CLOEXEC)?;
    ftruncate(&object, i64::try_from(bytes).map_err(io::Error::other)?)?;
    let length = NonZeroUsize::new(bytes).ok_or(io::ErrorKind::InvalidInput)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    Ok(unsafe { mmap(None, length, access, MapFlags::MAP_SHARED, &object, 0) }?.cast())
}

/// Forks a child with a pipe in each direction.
fn start_child(
    work: impl FnOnce(PipeReader, PipeWriter) -> io::Result<()>,
) -> io::Result<(PipeReader, PipeWriter, Pid)> {
    let (source, sink) = pipe()?;
    let (go, start) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop((source, start));
            let code = i32::from(work(go, sink).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => Ok((source, start, child)),
    }
}

fn main() -> ExitCode {
    drive(through_pipe, through_memory)
}
