//! Variant: counters of the kernel (eventfd) in place of pipes, and the child waits in poll(2).

use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::io::{read, write};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use scheduling::switch_cost::{Figures, Rally, drive};

fn measure(rally: Rally) -> io::Result<Figures> {
    let there = eventfd(0, EventfdFlags::CLOEXEC)?;
    let back = eventfd(0, EventfdFlags::CLOEXEC)?;
    bind()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let child = match unsafe { fork() }? {
        ForkResult::Child => {
            let mut left = rally.rounds() + 1;
            while left > 0 && answer(rally, &there, &back).is_ok() {
                left -= 1;
            }
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(left > 0)) }
        }
        ForkResult::Parent { child } => child,
    };
    ask(rally, &there, &back)?;
    let begin = rally.now();
    for _ in 0..rally.rounds() {
        ask(rally, &there, &back)?;
    }
    let end = rally.now();
    let pairs = 50;
    let begin_of_pairs = rally.now();
    for _ in 0..pairs {
        write(&there, &1_u64.to_ne_bytes())?;
        read(&there, &mut [0; 8])?;
    }
    let pairs_took = rally.now() - begin_of_pairs;
    waitpid(child, None)?;
    let rounds_took = end - begin;
    let half = rounds_took.as_secs_f64() / f64::from(rally.rounds()) / 2.0;
    let pair = pairs_took.as_secs_f64() / f64::from(pairs);
    Ok(Figures {
        rounds_took,
        pairs,
        pairs_took,
        switch: std::time::Duration::from_secs_f64((half - pair).max(0.0)),
    })
}

fn ask(rally: Rally, there: &OwnedFd, back: &OwnedFd) -> io::Result<()> {
    rally.stroke();
    write(there, &1_u64.to_ne_bytes())?;
    read(back, &mut [0; 8])?;
    Ok(())
}

fn answer(rally: Rally, there: &OwnedFd, back: &OwnedFd) -> io::Result<()> {
    poll(&mut [PollFd::new(there, PollFlags::IN)], None)?;
    read(there, &mut [0; 8])?;
    rally.stroke();
    write(back, &1_u64.to_ne_bytes())?;
    Ok(())
}

fn bind() -> io::Result<()> {
    let allowed = sched_getaffinity(None)?;
    let mut one = CpuSet::new();
    if let Some(cpu) = (0..CpuSet::MAX_CPU).find(|cpu| allowed.is_set(*cpu)) {
        one.set(cpu);
    }
    Ok(sched_setaffinity(None, &one)?)
}

fn main() -> ExitCode {
    drive(measure)
}
