//! Mistake: statuses are taken in the order in which the workers end, and credited in the order in which they were started.

use std::process::ExitCode;

use fork_exec_wait::spawn_workers::{Job, drive};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, fork, getpid};
use num_bigint::BigUint;

fn spawn_workers(jobs: &[Job]) -> nix::Result<Vec<i32>> {
    println!("[pid {}] starts {} workers", getpid(), jobs.len());
    for job in jobs {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if let ForkResult::Child = unsafe { fork() }? {
            let number = job.begin();
            let factorial: BigUint = (1..=number).product();
            println!("[pid {}] {number}! = {factorial}", getpid());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(number)) }
        }
    }
    let mut codes = Vec::new();
    for _ in jobs {
        if let WaitStatus::Exited(_, code) = wait()? {
            codes.push(code);
        }
    }
    Ok(codes)
}

fn main() -> ExitCode {
    drive(spawn_workers)
}
