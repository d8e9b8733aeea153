//! Mistake: the pipe is not close-on-exec. Both of its ends stay open in the command, and the parent waits at
//! the pipe until the command has ended.

use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Read};
use std::process::ExitCode;

use fork_exec_wait::run_command::{CommandLine, Ending, drive};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, dup2_stdin, dup2_stdout, execvpe, fork, pipe, write};

fn run_command(command: &CommandLine) -> io::Result<Ending> {
    let (read_end, write_end) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let Err(errno) = become_command(command);
            let _ = write(&write_end, &(errno as i32).to_ne_bytes());
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(127) }
        }
        ForkResult::Parent { child } => {
            drop(write_end);
            let mut report = Vec::new();
            File::from(read_end).read_to_end(&mut report)?;
            let status = waitpid(child, None)?;
            if let Ok(errno) = report.try_into().map(i32::from_ne_bytes) {
                return Ok(Ending::NotStarted(Errno::from_raw(errno)));
            }
            match status {
                WaitStatus::Exited(_, code) => Ok(Ending::Exited(code)),
                WaitStatus::Signaled(_, signal, _) => Ok(Ending::Killed(signal)),
                other => Err(io::Error::other(format!("unexpected {other:?}"))),
            }
        }
    }
}

/// Redirects and execs; returns only if something fails.
fn become_command(command: &CommandLine) -> nix::Result<Infallible> {
    if let Some(path) = &command.input {
        dup2_stdin(open(
            path,
            OFlag::O_RDONLY | OFlag::O_CLOEXEC,
            Mode::empty(),
        )?)?;
    }
    if let Some(path) = &command.output {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_TRUNC | OFlag::O_CLOEXEC;
        dup2_stdout(open(path, flags, Mode::from_bits_truncate(0o666))?)?;
    }
    let argv = command.argv();
    execvpe(&argv[0], &argv, &command.envp())
}

fn main() -> ExitCode {
    drive(run_command)
}
