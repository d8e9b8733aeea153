//! Variant: the workers are started and reaped from the last job to the first, with waitid(2).

use std::io::{Write, stdout};
use std::process::ExitCode;

use fork_exec_wait::spawn_workers::{Job, drive};
use nix::libc;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, fork, getpid};
use num_bigint::BigUint;

fn spawn_workers(jobs: &[Job]) -> nix::Result<Vec<i32>> {
    print!("[pid {}] starts {} workers", getpid(), jobs.len());
    println!();
    let _ = stdout().flush();
    let mut workers = Vec::new();
    for job in jobs.iter().rev() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if let ForkResult::Parent { child } = unsafe { fork() }? {
            workers.push(child);
            continue;
        }
        let number = job.begin();
        print!("[pid {}] {number}! = ", getpid());
        print!("{}", (1..=number).map(BigUint::from).product::<BigUint>());
        println!();
        let _ = stdout().flush();
        // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
        unsafe { libc::_exit(number.into()) };
    }
    let mut codes = Vec::new();
    for worker in workers {
        codes.push(match waitid(Id::Pid(worker), WaitPidFlag::WEXITED)? {
            WaitStatus::Exited(_, code) => code,
            WaitStatus::Signaled(_, signal, _) => -(signal as i32),
            other => unreachable!("WEXITED asks for ends only: {other:?}"),
        });
    }
    codes.reverse();
    Ok(codes)
}

fn main() -> ExitCode {
    drive(spawn_workers)
}
