//! Mistake: statuses are taken in the order in which the commands end, and credited in the order in which they were started.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::fcntl::OFlag;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, dup2_stdin, dup2_stdout, execvp, fork, pipe2};
use pipes::shell_pipeline::{Outcome, drive};

fn run_pipeline(commands: &[Vec<CString>]) -> io::Result<Vec<Outcome>> {
    let mut input: Option<OwnedFd> = None;
    for (index, command) in commands.iter().enumerate() {
        let (next_input, output) = if index + 1 < commands.len() {
            let (source, sink) = pipe2(OFlag::O_CLOEXEC)?;
            (Some(source), Some(sink))
        } else {
            (None, None)
        };
        // SAFETY: the program has one thread, so the child may run ordinary code.
        if let ForkResult::Child = unsafe { fork() }? {
            let _ = execute(command, input.as_ref(), output.as_ref());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(127) }
        }
        input = next_input;
    }
    let mut outcomes = Vec::new();
    while outcomes.len() < commands.len() {
        outcomes.extend(Outcome::of(wait()?));
    }
    Ok(outcomes)
}

fn execute(
    command: &[CString],
    input: Option<&OwnedFd>,
    output: Option<&OwnedFd>,
) -> nix::Result<std::convert::Infallible> {
    input.map_or(Ok(()), dup2_stdin)?;
    output.map_or(Ok(()), dup2_stdout)?;
    // SAFETY: the default action runs no code of this process.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }?;
    execvp(&command[0], command)
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
