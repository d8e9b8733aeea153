//! Mistake: one `wait` for all workers. It reaps the first that ends; the others are left behind.

use std::process::ExitCode;

use fork_exec_wait::spawn_workers::{Job, drive};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, fork, getpid};
use num_bigint::BigUint;

fn spawn_workers(jobs: &[Job]) -> nix::Result<Vec<i32>> {
    println!("[pid {}] starts {} workers", getpid(), jobs.len());
    let mut workers = Vec::new();
    for job in jobs {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let number = job.begin();
                let factorial: BigUint = (1..=number).product();
                println!("[pid {}] {number}! = {factorial}", getpid());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(i32::from(number)) }
            }
            ForkResult::Parent { child } => workers.push(child),
        }
    }
    // All workers have ended now, or so it seems.
    let status = wait()?;
    let code_of = |worker| match status {
        WaitStatus::Exited(pid, code) if pid == worker => code,
        _ => 0,
    };
    Ok(workers.into_iter().map(code_of).collect())
}

fn main() -> ExitCode {
    drive(spawn_workers)
}
