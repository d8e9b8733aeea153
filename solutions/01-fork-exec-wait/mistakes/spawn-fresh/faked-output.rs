//! Mistake: the workers are copies of the main program, and do their work as such. The program that each executes afterwards does nothing.

use std::ffi::CString;
use std::io;
use std::os::fd::BorrowedFd;
use std::process::ExitCode;

use fork_exec_wait::spawn_fresh::{Task, drive, factor};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, execv, fork, getpid, getppid};

fn run_workers(numbers: &[u64], _connection: BorrowedFd<'_>) -> io::Result<Vec<i32>> {
    let mut workers = Vec::new();
    for &number in numbers {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let (factor, product) = (factor(), number * factor());
                let (own, parent) = (getpid(), getppid());
                println!("[pid {own}] worker of [pid {parent}]: {number} x {factor} = {product}");
                let script = CString::new(format!("exit {}", number % 100)).unwrap_or_default();
                let _ = execv(c"/bin/sh", &[c"sh", c"-c", &script]);
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(127) }
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

fn received_task() -> Option<Task> {
    None
}

fn main() -> ExitCode {
    drive(run_workers, received_task)
}
