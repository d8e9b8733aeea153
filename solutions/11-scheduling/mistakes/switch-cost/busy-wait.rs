//! Mistake: the ball is a word in shared memory, and who waits for it looks again and again, with sched_yield(2) in between.

use std::io;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe, read, write};
use scheduling::switch_cost::{Figures, Rally, drive};

/// Many, because the clock alone takes as long as some of them.
const PAIRS: u32 = 1000;

fn measure(rally: Rally) -> io::Result<Figures> {
    // On two CPUs both processes could be awake all the time, and what is measured would be the way from one CPU to the other.
    bind_to_one_cpu()?;
    let turn = share_word()?;
    let await_turn = |whose: u32| {
        while turn.load(Ordering::Acquire) != whose {
            std::thread::yield_now();
        }
    };
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            for _ in 0..=rally.rounds() {
                await_turn(1);
                rally.stroke();
                turn.store(0, Ordering::Release);
            }
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(0) }
        }
        ForkResult::Parent { child } => child,
    };
    let round = || {
        rally.stroke();
        turn.store(1, Ordering::Release);
        await_turn(0);
    };
    // When the ball is back, the child is there, and has touched all the memory that it needs: its creation is over.
    round();
    let begin = rally.now();
    (0..rally.rounds()).for_each(|_| round());
    let rounds_took = rally.now() - begin;
    waitpid(child, None)?;

    let there = Way::open()?;
    // A round is four calls and two switches. The same calls without a switch: a pipe that this process fills and empties itself.
    let begin = rally.now();
    (0..PAIRS).try_for_each(|_| {
        there.give()?;
        there.take()
    })?;
    let pairs_took = rally.now() - begin;
    let half_a_round = rounds_took / rally.rounds() / 2;
    Ok(Figures {
        rounds_took,
        pairs: PAIRS,
        pairs_took,
        switch: half_a_round.saturating_sub(pairs_took / PAIRS),
    })
}

/// A word of zero that this process shares with those that it forks later.
fn share_word() -> nix::Result<&'static AtomicU32> {
    let length = NonZeroUsize::new(size_of::<AtomicU32>()).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is large enough, aligned to a page, never unmapped, and zeros are an atomic.
    Ok(unsafe { memory.cast().as_ref() })
}

/// A pipe in which there is at most one byte: the ball.
struct Way {
    source: OwnedFd,
    sink: OwnedFd,
}

impl Way {
    fn open() -> nix::Result<Self> {
        let (source, sink) = pipe()?;
        Ok(Self { source, sink })
    }

    fn give(&self) -> nix::Result<()> {
        write(self.sink.as_fd(), b"o").map(drop)
    }

    fn take(&self) -> nix::Result<()> {
        match read(self.source.as_fd(), &mut [0])? {
            0 => Err(Errno::EPIPE),
            _ => Ok(()),
        }
    }
}

/// Binds this process, and those that it forks later, to the first CPU on which it may run.
fn bind_to_one_cpu() -> nix::Result<()> {
    let myself = Pid::from_raw(0);
    let allowed = sched_getaffinity(myself)?;
    let mut one = CpuSet::new();
    for cpu in 0..CpuSet::count() {
        if allowed.is_set(cpu)? {
            one.set(cpu)?;
            break;
        }
    }
    sched_setaffinity(myself, &one)
}

fn main() -> ExitCode {
    drive(measure)
}
