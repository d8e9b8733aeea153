//! Reference answer of `spawn-workers`.

use std::process::ExitCode;

use fork_exec_wait::spawn_workers::{Job, drive};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid};
use num_bigint::BigUint;

fn spawn_workers(jobs: &[Job]) -> nix::Result<Vec<i32>> {
    // `println!` writes the line out at its newline. Text without one would wait in the buffer, and each
    // child would inherit a copy of it.
    println!("[pid {}] starts {} workers", getpid(), jobs.len());
    let mut workers = Vec::new();
    for job in jobs {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => work(job),
            ForkResult::Parent { child } => workers.push(child),
        }
    }
    // Only now, when all of them run, does the parent wait: in the order of the jobs, whichever ends first.
    workers.into_iter().map(exit_code).collect()
}

/// What a worker does. It never comes back: behind it is the loop that starts the workers.
fn work(job: &Job) -> ! {
    let number = job.begin();
    let factorial: BigUint = (1..=number).product();
    println!("[pid {}] {number}! = {factorial}", getpid());
    // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
    unsafe { nix::libc::_exit(i32::from(number)) }
}

/// Waits for this worker and no other. A worker that a signal has ended counts as minus the signal.
fn exit_code(worker: Pid) -> nix::Result<i32> {
    loop {
        match waitpid(worker, None)? {
            WaitStatus::Exited(_, code) => return Ok(code),
            WaitStatus::Signaled(_, signal, _) => return Ok(-(signal as i32)),
            _ => {} // stopped or continued: not its end
        }
    }
}

fn main() -> ExitCode {
    drive(spawn_workers)
}
