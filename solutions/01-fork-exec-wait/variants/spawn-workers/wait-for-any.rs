//! Variant: workers are reaped in the order in which they end, and sorted by pid afterwards.

use std::collections::HashMap;
use std::io::{self, Write};
use std::process::{self, ExitCode};

use fork_exec_wait::spawn_workers::{Job, drive};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, fork};
use num_bigint::BigUint;

fn spawn_workers(jobs: &[Job]) -> nix::Result<Vec<i32>> {
    println!("[pid {}] starts {} workers", process::id(), jobs.len());
    let mut index_of = HashMap::new();
    for (index, job) in jobs.iter().enumerate() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let number = job.begin();
                let mut factorial = BigUint::from(1u8);
                for factor in 2..=number {
                    factorial *= factor;
                }
                let line = format!("[pid {}] {number}! = {factorial}\n", process::id());
                let _ = io::stdout().write_all(line.as_bytes());
                // `exit` writes out what is left in the buffer of standard output, then ends the process.
                process::exit(i32::from(number))
            }
            ForkResult::Parent { child } => {
                index_of.insert(child, index);
            }
        }
    }
    let mut codes = vec![0; jobs.len()];
    while !index_of.is_empty() {
        let (pid, code) = match wait()? {
            WaitStatus::Exited(pid, code) => (pid, code),
            WaitStatus::Signaled(pid, signal, _) => (pid, -(signal as i32)),
            _ => continue,
        };
        if let Some(index) = index_of.remove(&pid) {
            codes[index] = code;
        }
    }
    Ok(codes)
}

fn main() -> ExitCode {
    drive(spawn_workers)
}
