//! Mistake: the workers are not told that they are workers. Each takes itself for the main program, and would
//! start workers of its own.

use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode};

use fork_exec_wait::spawn_fresh::{Task, drive, factor};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};

/// The first argument of a worker: it says that there is a task, and that this is not the main program.
const WORKER: &str = "--worker";

fn run_workers(numbers: &[u64], connection: BorrowedFd<'_>) -> io::Result<Vec<i32>> {
    fcntl(connection, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    let mut workers = Vec::new();
    for number in numbers {
        let worker = Command::new("/proc/self/exe")
            .args([number.to_string(), factor().to_string()])
            .spawn()?;
        workers.push(worker);
    }
    workers.iter_mut().map(exit_code).collect()
}

fn exit_code(worker: &mut Child) -> io::Result<i32> {
    let status = worker.wait()?;
    let killed = || status.signal().map_or(-1, |signal| -signal);
    Ok(status.code().unwrap_or_else(killed))
}

fn received_task() -> Option<Task> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next()? != WORKER {
        return None;
    }
    let number = arguments.next()?.parse().ok()?;
    let factor = arguments.next()?.parse().ok()?;
    Some(Task { number, factor })
}

fn main() -> ExitCode {
    drive(run_workers, received_task)
}
