//! Mistake: the worker writes into a buffer and leaves with `_exit`, which writes no buffer out.

use std::io::{BufWriter, Write, stdout};
use std::process::ExitCode;

use fork_exec_wait::spawn_workers::{Job, drive};
use nix::sys::wait::{WaitStatus, waitpid};
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
                let mut out = BufWriter::new(stdout());
                let _ = writeln!(out, "[pid {}] {number}! = {factorial}", getpid());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(i32::from(number)) }
            }
            ForkResult::Parent { child } => workers.push(child),
        }
    }
    let mut codes = Vec::new();
    for worker in workers {
        if let WaitStatus::Exited(_, code) = waitpid(worker, None)? {
            codes.push(code);
        }
    }
    Ok(codes)
}

fn main() -> ExitCode {
    drive(spawn_workers)
}
