//! Right, by another way: the next source and all sizes are in shared memory, copies go by small writes into a folder of their own.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use process_pool::parallel_backup::{Source, drive};

/// Zeros are a valid board, and every part of it is an atomic.
struct Board {
    next: AtomicUsize,
    sizes: [AtomicU64; 32],
}

fn back_up(workers: usize, sources: &[Source]) -> io::Result<Vec<u64>> {
    // What killed runs have left goes away with the folder.
    match fs::remove_dir_all("partial") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        result => result?,
    }
    fs::create_dir("partial")?;
    let length = NonZeroUsize::new(size_of::<Board>()).unwrap_or(NonZeroUsize::MIN);
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is page-aligned, as large as a `Board` and filled with zeros; it is unmapped when nobody uses it any more.
    let board: &Board = unsafe { memory.cast().as_ref() };
    let mut children = Vec::new();
    for _ in 0..workers {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let code = i32::from(work(board, sources).is_err());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(code) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    let mut all_well = true;
    for child in children {
        all_well &= matches!(waitpid(child, None)?, WaitStatus::Exited(_, 0));
    }
    let sizes = board.sizes.iter().take(sources.len());
    let sizes = sizes.map(|size| size.load(Ordering::Relaxed)).collect();
    // SAFETY: nothing refers to the mapping from here on.
    unsafe { munmap(memory, length.get()) }?;
    fs::remove_dir_all("partial")?;
    if all_well {
        Ok(sizes)
    } else {
        Err(io::Error::other("a worker ended before it had answered"))
    }
}

fn work(board: &Board, sources: &[Source]) -> io::Result<()> {
    loop {
        let place = board.next.fetch_add(1, Ordering::Relaxed);
        let Some(source) = sources.get(place) else {
            return Ok(());
        };
        let size = save(source, &format!("partial/{place}"))?;
        board.sizes[place].store(size, Ordering::Relaxed);
    }
}

fn save(source: &Source, temporary: &str) -> io::Result<u64> {
    let mut from = File::open(&source.path)?;
    let mut to = File::create(temporary)?;
    let mut part = vec![0; 16 * 1024];
    let mut size = 0;
    loop {
        let length = from.read(&mut part)?;
        if length == 0 {
            break;
        }
        to.write_all(&part[..length])?;
        size += length as u64;
    }
    to.sync_data()?;
    // The same file system, so this is one step.
    fs::rename(temporary, &source.backup)?;
    Ok(size)
}

fn main() -> ExitCode {
    drive(back_up)
}
