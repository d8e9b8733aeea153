//! Mistake: what is measured as the pairs of calls is a loop that makes none.

use std::hint::black_box;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, fork, pipe, read, write};
use scheduling::switch_cost::{Figures, Rally, drive};

/// Many, because the clock alone takes as long as some of them.
const PAIRS: u32 = 1000;

fn measure(rally: Rally) -> io::Result<Figures> {
    // On two CPUs both processes could be awake all the time, and what is measured would be the way from one CPU to the other.
    bind_to_one_cpu()?;
    let (there, back) = (Way::open()?, Way::open()?);
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            // One round more than are measured: the first one is for warming up.
            let played = (0..=rally.rounds()).try_for_each(|_| {
                there.take()?;
                rally.stroke();
                back.give()
            });
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(played.is_err())) }
        }
        ForkResult::Parent { child } => child,
    };
    let round = || {
        rally.stroke();
        there.give()?;
        back.take()
    };
    // When the ball is back, the child is there, and has touched all the memory that it needs: its creation is over.
    round()?;
    let begin = rally.now();
    (0..rally.rounds()).try_for_each(|_| round())?;
    let rounds_took = rally.now() - begin;
    waitpid(child, None)?;

    // A round without what is done in it.
    let begin = rally.now();
    for pair in 0..PAIRS {
        black_box(pair);
    }
    let pairs_took = rally.now() - begin;
    let half_a_round = rounds_took / rally.rounds() / 2;
    Ok(Figures {
        rounds_took,
        pairs: PAIRS,
        pairs_took,
        switch: half_a_round.saturating_sub(pairs_took / PAIRS),
    })
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

    /// Sleeps until the ball is there.
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
