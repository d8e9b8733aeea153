//! Mistake: reports −15 because it has sent signal 15. Nobody waits for the child.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::fcntl::OFlag;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{ForkResult, fork, pipe2};
use termination::terminate::{Factorial, Step, Stopped, drive};

fn terminate(factorial: &mut Factorial, steps: u32) -> io::Result<Stopped> {
    let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            drop(reader);
            let code = i32::from(compute(factorial, writer).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
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
            let code = -(Signal::SIGTERM as i32);
            Ok(Stopped { code, last })
        }
    }
}

fn compute(factorial: &mut Factorial, writer: OwnedFd) -> io::Result<()> {
    let mut reports = File::from(writer);
    loop {
        reports.write_all(factorial.step().to_line().as_bytes())?;
    }
}

fn main() -> ExitCode {
    drive(terminate)
}
