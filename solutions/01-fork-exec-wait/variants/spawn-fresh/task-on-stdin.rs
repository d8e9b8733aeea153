//! Variant: the worker is told by its argument that it is one, and reads its task from its standard input.

use std::io::{self, Write};
use std::os::fd::BorrowedFd;
use std::process::{Child, Command, ExitCode, Stdio};

use fork_exec_wait::spawn_fresh::{Task, drive, factor};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};

fn run_workers(numbers: &[u64], connection: BorrowedFd<'_>) -> io::Result<Vec<i32>> {
    fcntl(connection, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    let mut workers: Vec<Child> = Vec::new();
    for _ in numbers {
        let mut worker = Command::new(std::env::current_exe()?);
        workers.push(worker.arg("work").stdin(Stdio::piped()).spawn()?);
    }
    for (worker, number) in workers.iter_mut().zip(numbers) {
        let mut input = worker.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        write!(input, "{number} {}", factor())?;
    }
    workers
        .iter_mut()
        .map(|worker| Ok(worker.wait()?.code().unwrap_or(-1)))
        .collect()
}

fn received_task() -> Option<Task> {
    if std::env::args().nth(1)? != "work" {
        return None;
    }
    let task = io::read_to_string(io::stdin()).ok()?;
    let (number, factor) = task.split_once(' ')?;
    Some(Task {
        number: number.parse().ok()?,
        factor: factor.parse().ok()?,
    })
}

fn main() -> ExitCode {
    drive(run_workers, received_task)
}
