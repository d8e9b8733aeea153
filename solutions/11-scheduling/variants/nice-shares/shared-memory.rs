//! Variant: each child binds itself, uses setpriority(2), and leaves its result in memory that it shares with the parent.

use std::io;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, fork};
use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use scheduling::nice_shares::{Contest, Share, drive};

fn compete(contest: Contest, steps: &[i32]) -> io::Result<Vec<Share>> {
    let allowed = sched_getaffinity(None)?;
    // The last one: others like the first.
    let cpu = (0..CpuSet::MAX_CPU).rev().find(|cpu| allowed.is_set(*cpu));
    let cpu = cpu.ok_or(io::ErrorKind::NotFound)?;
    let length = NonZeroUsize::new(steps.len() * 2 * size_of::<AtomicI64>())
        .ok_or(io::ErrorKind::InvalidInput)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping has room for so many atomics, begins with zeros and outlives this slice.
    let results: &[AtomicI64] =
        unsafe { std::slice::from_raw_parts(memory.as_ptr().cast(), steps.len() * 2) };
    for (number, step) in steps.iter().enumerate() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if let ForkResult::Child = unsafe { fork() }? {
            let done = run(contest, number, *step, cpu, &results[number * 2..]);
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(done.is_err())) }
        }
    }
    for _ in steps {
        match wait()? {
            WaitStatus::Exited(_, 0) => {}
            status => return Err(io::Error::other(format!("{status:?}"))),
        }
    }
    let shares = results.chunks(2).map(|result| Share {
        nice: result[0].load(Ordering::Acquire) as i32,
        cpu: Duration::from_nanos(result[1].load(Ordering::Acquire).unsigned_abs()),
    });
    let shares = shares.collect();
    // SAFETY: no reference into the mapping is used after this.
    unsafe { munmap(memory, length.get()) }?;
    Ok(shares)
}

fn run(
    contest: Contest,
    number: usize,
    step: i32,
    cpu: usize,
    result: &[AtomicI64],
) -> io::Result<()> {
    let mut one = CpuSet::new();
    one.set(cpu);
    sched_setaffinity(None, &one)?;
    let before = getpriority_process(None)?;
    // Beyond 19 the kernel takes 19; and EACCES leaves everything as it was.
    let is_nicer = setpriority_process(None, before + step).is_ok();
    result[0].store(if is_nicer { step.into() } else { 0 }, Ordering::Release);
    let cpu = contest.work(number).as_nanos();
    result[1].store(
        i64::try_from(cpu).map_err(io::Error::other)?,
        Ordering::Release,
    );
    Ok(())
}

fn main() -> ExitCode {
    drive(compete)
}
