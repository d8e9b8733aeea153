//! Mistake: after dup2 the originals stay open. They are not close-on-exec, so every command gets them
//! beside its standard input and output.

use std::convert::Infallible;
use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, dup2_stdin, dup2_stdout, execvp, fork, pipe};
use pipes::shell_pipeline::{Outcome, drive};

fn run_pipeline(commands: &[Vec<CString>]) -> io::Result<Vec<Outcome>> {
    let mut children = Vec::new();
    let mut input: Option<OwnedFd> = None;
    for (index, command) in commands.iter().enumerate() {
        let last = index + 1 == commands.len();
        let (next_input, output) = if last { None } else { Some(pipe()?) }.unzip();
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                drop(next_input);
                let Err(error) = become_command(command, input.as_ref(), output.as_ref());
                eprintln!("{}: {error}", command[0].to_string_lossy());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(127) }
            }
            ForkResult::Parent { child } => children.push(child),
        }
        drop(output);
        input = next_input;
    }
    children.into_iter().map(reap).collect()
}

fn become_command(
    command: &[CString],
    input: Option<&OwnedFd>,
    output: Option<&OwnedFd>,
) -> nix::Result<Infallible> {
    if let Some(input) = input {
        dup2_stdin(input)?;
    }
    if let Some(output) = output {
        dup2_stdout(output)?;
    }
    // SAFETY: no handler is installed, and none was.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }?;
    execvp(&command[0], command)
}

fn reap(child: Pid) -> io::Result<Outcome> {
    let status = waitpid(child, None)?;
    Outcome::of(status).ok_or_else(|| io::Error::other(format!("no end: {status:?}")))
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
