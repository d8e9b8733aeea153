//! Mistake: the parent waits for each worker before it starts the next. The processes run one after the other.

use std::process::ExitCode;

use fork_exec_wait::spawn_workers::{Job, drive};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, getpid};
use num_bigint::BigUint;

fn spawn_workers(jobs: &[Job]) -> nix::Result<Vec<i32>> {
    println!("[pid {}] starts {} workers", getpid(), jobs.len());
    let mut codes = Vec::new();
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
            ForkResult::Parent { child } => {
                if let WaitStatus::Exited(_, code) = waitpid(child, None)? {
                    codes.push(code);
                }
            }
        }
    }
    Ok(codes)
}

fn main() -> ExitCode {
    drive(spawn_workers)
}
