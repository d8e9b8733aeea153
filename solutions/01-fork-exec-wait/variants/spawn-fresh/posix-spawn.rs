//! Variant: posix_spawn(3); the task is in the environment, and nothing else is there.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::process::ExitCode;

use fork_exec_wait::spawn_fresh::{Task, drive, factor};
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, posix_spawn};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

fn run_workers(numbers: &[u64], connection: BorrowedFd<'_>) -> io::Result<Vec<i32>> {
    let mut actions = PosixSpawnFileActions::init()?;
    actions.add_close(connection.as_raw_fd())?;
    let attributes = PosixSpawnAttr::init()?;
    let program = std::env::current_exe()?;
    let workers: Vec<Pid> = numbers
        .iter()
        .map(|number| {
            let tasks = [
                CString::new(format!("TASK_NUMBER={number}"))?,
                CString::new(format!("TASK_FACTOR={}", factor()))?,
            ];
            let argv = [c"spawn-fresh"];
            let worker = posix_spawn(program.as_path(), &actions, &attributes, &argv, &tasks)?;
            Ok(worker)
        })
        .collect::<io::Result<_>>()?;
    workers.into_iter().map(exit_code).collect()
}

fn exit_code(worker: Pid) -> io::Result<i32> {
    match waitpid(worker, None)? {
        WaitStatus::Exited(_, code) => Ok(code),
        WaitStatus::Signaled(_, signal, _) => Ok(-(signal as i32)),
        other => Err(io::Error::other(format!("unexpected {other:?}"))),
    }
}

fn received_task() -> Option<Task> {
    let number = |name| std::env::var(name).ok()?.parse().ok();
    Some(Task {
        number: number("TASK_NUMBER")?,
        factor: number("TASK_FACTOR")?,
    })
}

fn main() -> ExitCode {
    drive(run_workers, received_task)
}
