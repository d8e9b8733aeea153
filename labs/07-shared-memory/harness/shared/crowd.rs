//! The crowd: processes that all run at the same time, without a gate.
//!
//! A schedule shows what can go wrong; the crowd shows that what is right in every schedule also holds where the machine decides.

use std::io;
use std::time::Instant;

use nix::errno::Errno;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use super::stage::Task;

/// As [`run`], and tells on standard error how long each of so many operations has taken. That is for people: it is different
/// in every run, and it includes the start and the end of the processes.
pub fn timed(tasks: &[Task], operations: u64, name: &str) -> io::Result<bool> {
    let begin = Instant::now();
    let well = run(tasks)?;
    let each = begin.elapsed().as_secs_f64() * 1e9 / operations.max(1) as f64;
    let processes = tasks.len();
    eprintln!("{operations} {name} by {processes} processes: {each:.1} ns each");
    Ok(well)
}

/// Forks a process for each task, waits for all of them, and says whether each has come to its end.
pub fn run(tasks: &[Task]) -> io::Result<bool> {
    let mut children = Vec::new();
    for task in tasks {
        // SAFETY: the driver has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                task();
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
