//! Mistake: no worker at all. One process does all the work and prints pids that it has made up.

use std::process::ExitCode;

use fork_exec_wait::spawn_workers::{Job, drive};
use nix::unistd::getpid;
use num_bigint::BigUint;

fn spawn_workers(jobs: &[Job]) -> nix::Result<Vec<i32>> {
    println!("[pid {}] starts {} workers", getpid(), jobs.len());
    let mut codes = Vec::new();
    let mut pid = getpid().as_raw();
    for job in jobs {
        let number = job.begin();
        let factorial: BigUint = (1..=number).product();
        pid += 1;
        println!("[pid {pid}] {number}! = {factorial}");
        codes.push(i32::from(number) & 0xff);
    }
    Ok(codes)
}

fn main() -> ExitCode {
    drive(spawn_workers)
}
