//! Mistake: prints what the workers would say, with process ids made up, and starts none.

use std::io;
use std::os::fd::BorrowedFd;
use std::process::ExitCode;

use fork_exec_wait::spawn_fresh::{Task, drive, factor};
use nix::unistd::getpid;

fn run_workers(numbers: &[u64], _connection: BorrowedFd<'_>) -> io::Result<Vec<i32>> {
    let (me, factor) = (getpid(), factor());
    for (pid, number) in (me.as_raw() + 1..).zip(numbers) {
        let product = number * factor;
        println!("[pid {pid}] worker of [pid {me}]: {number} x {factor} = {product}");
    }
    Ok(numbers.iter().map(|number| (number % 100) as i32).collect())
}

fn received_task() -> Option<Task> {
    None
}

fn main() -> ExitCode {
    drive(run_workers, received_task)
}
