//! Mistake: the child leaves the function when it has done its steps, and goes on as a second parent.

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
            compute(factorial, steps, writer)?;
            Ok(Stopped {
                code: 0,
                last: None,
            })
        }
        ForkResult::Parent { child } => {
            drop(writer);
            let mut lines = BufReader::new(File::from(reader)).lines();
            let mut last = None;
            for line in lines.by_ref() {
                last = Step::from_line(&line?);
                if last.as_ref().is_some_and(|step| step.number >= steps) {
                    break;
                }
            }
            kill(child, Signal::SIGTERM)?;
            for line in lines {
                last = Step::from_line(&line?).or(last);
            }
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
