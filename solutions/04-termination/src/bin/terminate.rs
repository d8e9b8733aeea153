//! Reference answer of `terminate`.

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
            let code = i32::from(compute(factorial, writer).is_err());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            // Or the end of file below would never come.
            drop(writer);
            let mut lines = BufReader::new(File::from(reader)).lines();
            let mut last = None;
            for line in lines.by_ref() {
                last = Step::from_line(&line?);
                if last.as_ref().is_some_and(|step| step.number >= steps) {
                    break;
                }
            }
            // It is our child, and nobody has waited for it: whatever it has done meanwhile, the number is its own.
            kill(child, Signal::SIGTERM)?;
            // What it reported until the signal came is still in the pipe. The end of file comes with the child's end.
            for line in lines {
                last = Step::from_line(&line?).or(last);
            }
            // `kill` has sent a signal; that the child has ended, and how, is known behind this line.
            let code = match waitpid(child, None)? {
                WaitStatus::Exited(_, code) => code,
                WaitStatus::Signaled(_, signal, _) => -(signal as i32),
                other => return Err(io::Error::other(format!("unexpected {other:?}"))),
            };
            Ok(Stopped { code, last })
        }
    }
}

/// The child: computes and reports until somebody stops it.
fn compute(factorial: &mut Factorial, writer: OwnedFd) -> io::Result<()> {
    let mut reports = File::from(writer);
    loop {
        // A line goes out with one write: what is lost at the end is lost whole.
        reports.write_all(factorial.step().to_line().as_bytes())?;
    }
}

fn main() -> ExitCode {
    drive(terminate)
}
