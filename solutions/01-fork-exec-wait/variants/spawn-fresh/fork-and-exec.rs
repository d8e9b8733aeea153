//! Variant: fork and execv; the child closes the connection before exec; any child is reaped first.

use std::collections::HashMap;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::process::ExitCode;

use fork_exec_wait::spawn_fresh::{Task, drive, factor};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{ForkResult, Pid, close, execv, fork};

fn run_workers(numbers: &[u64], connection: BorrowedFd<'_>) -> io::Result<Vec<i32>> {
    let mut workers = Vec::new();
    for &number in numbers {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                // The child's copy only: the parent's descriptor stays open.
                let _ = close(connection.as_raw_fd());
                let Err(error) = become_worker(number, factor());
                eprintln!("cannot start a worker: {error}");
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(127) }
            }
            ForkResult::Parent { child } => workers.push(child),
        }
    }
    let mut codes: HashMap<Pid, i32> = HashMap::new();
    while codes.len() < workers.len() {
        match wait()? {
            WaitStatus::Exited(pid, code) => codes.insert(pid, code),
            WaitStatus::Signaled(pid, signal, _) => codes.insert(pid, -(signal as i32)),
            _ => None,
        };
    }
    Ok(workers.iter().map(|pid| codes[pid]).collect())
}

fn become_worker(number: u64, factor: u64) -> io::Result<std::convert::Infallible> {
    let task = CString::new(format!("{number}*{factor}"))?;
    Ok(execv(c"/proc/self/exe", &[c"worker", c"task", &task])?)
}

fn received_task() -> Option<Task> {
    let arguments: Vec<String> = std::env::args().collect();
    let [name, mark, task] = arguments.as_slice() else {
        return None;
    };
    if (name.as_str(), mark.as_str()) != ("worker", "task") {
        return None;
    }
    let (number, factor) = task.split_once('*')?;
    Some(Task {
        number: number.parse().ok()?,
        factor: factor.parse().ok()?,
    })
}

fn main() -> ExitCode {
    drive(run_workers, received_task)
}
