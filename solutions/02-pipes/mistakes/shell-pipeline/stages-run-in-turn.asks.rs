//! Mistake: each command is asked again and again whether it has ended, before the next one starts: that is a wait, too.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use nix::fcntl::OFlag;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, dup2_stdin, dup2_stdout, execvp, fork, pipe2};
use pipes::shell_pipeline::{Outcome, drive};

fn run_pipeline(commands: &[Vec<CString>]) -> io::Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    // The read end of the pipe that the command before writes to.
    let mut input: Option<OwnedFd> = None;
    for (index, command) in commands.iter().enumerate() {
        let (next_input, output) = if index + 1 < commands.len() {
            // Close-on-exec: whatever a child inherits of these, the command does not get.
            let (read_end, write_end) = pipe2(OFlag::O_CLOEXEC)?;
            (Some(read_end), Some(write_end))
        } else {
            (None, None)
        };
        let child = start(command, input.as_ref(), output.as_ref())?;
        // The parent gives away what it has made. With a write end left here, the next command would
        // never see the end of file; with a read end, this one would never get SIGPIPE.
        drop(output);
        input = next_input;
        outcomes.push(reap(child)?);
    }
    Ok(outcomes)
}

fn start(
    command: &[CString],
    input: Option<&OwnedFd>,
    output: Option<&OwnedFd>,
) -> io::Result<Pid> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let Err(error) = become_command(command, input, output);
            eprintln!("{}: {error}", command[0].to_string_lossy());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(127) }
        }
        ForkResult::Parent { child } => Ok(child),
    }
}

/// Turns this process into the command; comes back only with an error.
fn become_command(
    command: &[CString],
    input: Option<&OwnedFd>,
    output: Option<&OwnedFd>,
) -> io::Result<std::convert::Infallible> {
    // The copies 0 and 1 are not close-on-exec, in contrast to the originals.
    if let Some(input) = input {
        dup2_stdin(input)?;
    }
    if let Some(output) = output {
        dup2_stdout(output)?;
    }
    // exec keeps ignored signals ignored, and Rust's runtime ignores this one.
    // SAFETY: no handler is installed, and none was.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }?;
    Ok(execvp(&command[0], command)?)
}

fn reap(child: Pid) -> io::Result<Outcome> {
    let status = loop {
        match waitpid(child, Some(WaitPidFlag::WNOHANG))? {
            WaitStatus::StillAlive => sleep(Duration::from_millis(20)),
            status => break status,
        }
    };
    Outcome::of(status).ok_or_else(|| io::Error::other(format!("no end: {status:?}")))
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
