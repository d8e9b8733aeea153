//! Mistake: only the last worker is waited for, in the belief that the others must have ended by then. Dropping a
//! `Child` does not wait.

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
    let mut last = None;
    for number in numbers {
        let worker = Command::new("/proc/self/exe")
            .args([WORKER, &number.to_string(), &factor().to_string()])
            .spawn()?;
        last = Some(worker);
    }
    let code = last.as_mut().map_or(Ok(0), exit_code)?;
    Ok(vec![code; numbers.len()])
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
