//! Mistake: exec is given a name that it does not find, and `?` takes the child back into its parent's code.

use std::ffi::CString;
use std::io;
use std::os::fd::BorrowedFd;
use std::process::ExitCode;

use fork_exec_wait::spawn_fresh::{Task, drive, factor};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, execv, fork};

fn run_workers(numbers: &[u64], connection: BorrowedFd<'_>) -> io::Result<Vec<i32>> {
    fcntl(connection, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    let mut workers = Vec::new();
    for number in numbers {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let number = CString::new(number.to_string())?;
                let factor = CString::new(factor().to_string())?;
                let argv = [c"spawn-fresh", c"--worker", &number, &factor];
                match execv(c"spawn-fresh", &argv)? {}
            }
            ForkResult::Parent { child } => workers.push(child),
        }
    }
    workers
        .into_iter()
        .map(|worker| match waitpid(worker, None)? {
            WaitStatus::Exited(_, code) => Ok(code),
            other => Err(io::Error::other(format!("unexpected {other:?}"))),
        })
        .collect()
}

fn received_task() -> Option<Task> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next()? != "--worker" {
        return None;
    }
    let number = arguments.next()?.parse().ok()?;
    let factor = arguments.next()?.parse().ok()?;
    Some(Task { number, factor })
}

fn main() -> ExitCode {
    drive(run_workers, received_task)
}
