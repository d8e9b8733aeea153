//! The crowd: processes that all run at the same time, without a gate.
//!
//! A schedule shows what can go wrong; the crowd shows that what is right in every schedule also holds where the machine decides.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use super::stage::Task;
use super::{Shareable, place};

/// From the first beginning of a task to the last end of one, by the processes' own clocks, which all show the same time: the start of
/// the processes is not measured. In nanoseconds since the watch was made.
struct Stopwatch {
    first: AtomicU64,
    last: AtomicU64,
}

// SAFETY: it consists of atomics.
unsafe impl Shareable for Stopwatch {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

/// As [`run`], and tells on standard error how long each of so many operations has taken. That is for people: it is different
/// in every run.
pub fn timed(tasks: &[Task], operations: u64, name: &str) -> io::Result<bool> {
    let made = Instant::now();
    let now = move || u64::try_from(made.elapsed().as_nanos()).unwrap_or(u64::MAX);
    let watch = place(Stopwatch {
        first: AtomicU64::new(u64::MAX),
        last: AtomicU64::new(0),
    })?;
    let well = run_each(tasks, |task| {
        watch.first.fetch_min(now(), Ordering::Relaxed);
        task();
        watch.last.fetch_max(now(), Ordering::Relaxed);
    })?;
    let (first, last) = (&watch.first, &watch.last);
    let spent = last
        .load(Ordering::Relaxed)
        .saturating_sub(first.load(Ordering::Relaxed));
    let each = spent as f64 / operations.max(1) as f64;
    let processes = tasks.len();
    eprintln!("{operations} {name} by {processes} processes: {each:.1} ns each");
    Ok(well)
}

/// Forks a process for each task, waits for all of them, and says whether each has come to its end.
pub fn run(tasks: &[Task]) -> io::Result<bool> {
    run_each(tasks, |task| task())
}

fn run_each(tasks: &[Task], perform: impl Fn(&Task)) -> io::Result<bool> {
    let mut children = Vec::new();
    for task in tasks {
        // SAFETY: the driver has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                perform(task);
                // SAFETY: `_exit` does not return, and leaves the driver's buffers alone.
                unsafe { nix::libc::_exit(0) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
    }
    let mut all_well = true;
    for child in children {
        let status = loop {
            match waitpid(child, None) {
                Err(Errno::EINTR) => {}
                other => break other?,
            }
        };
        all_well &= matches!(status, WaitStatus::Exited(_, 0));
    }
    Ok(all_well)
}
