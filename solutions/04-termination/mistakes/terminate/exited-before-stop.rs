//! Mistake: the child goes as far as it is wanted and leaves, and the parent reads to the end: there is nothing left to stop.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, pipe2};
use termination::terminate::{Factorial, Step, Stopped, drive};

fn terminate(factorial: &mut Factorial, steps: u32) -> io::Result<Stopped> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(reader);
            let code = i32::from(compute(factorial, steps, writer).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            drop(writer);
            let mut last = None;
            for line in BufReader::new(File::from(reader)).lines() {
                last = Step::from_line(&line?);
            }
            kill(child, Signal::SIGTERM)?;
            let code = match waitpid(child, None)? {
                WaitStatus::Exited(_, code) => code,
                WaitStatus::Signaled(_, signal, _) => -(signal as i32),
                other => return Err(io::Error::other(format!("unexpected {other:?}"))),
            };
            Ok(Stopped { code, last })
        }
    }
}

fn compute(factorial: &mut Factorial, steps: u32, writer: OwnedFd) -> io::Result<()> {
    let mut reports = File::from(writer);
    for _ in 0..steps {
        reports.write_all(factorial.step().to_line().as_bytes())?;
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(terminate)
}
