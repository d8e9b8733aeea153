//! Variant: posix_spawnp(3), which puts the files in place and returns the error of exec to its caller.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use fork_exec_wait::run_command::{CommandLine, Ending, drive};
use nix::errno::Errno;
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, posix_spawnp};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::Pid;

fn run_command(command: &CommandLine) -> io::Result<Ending> {
    if let Err(error) = spawn(command) {
        let errno = error.raw_os_error().ok_or(error)?;
        return Ok(Ending::NotStarted(Errno::from_raw(errno)));
    }
    match wait()? {
        WaitStatus::Exited(_, code) => Ok(Ending::Exited(code)),
        WaitStatus::Signaled(_, signal, _) => Ok(Ending::Killed(signal)),
        other => Err(io::Error::other(format!("unexpected {other:?}"))),
    }
}

fn spawn(command: &CommandLine) -> io::Result<Pid> {
    let mut actions = PosixSpawnFileActions::init()?;
    let input = command.input.as_ref().map(File::open).transpose()?;
    if let Some(file) = &input {
        actions.add_dup2(file.as_raw_fd(), 0)?;
    }
    let output = command.output.as_ref().map(File::create).transpose()?;
    if let Some(file) = &output {
        actions.add_dup2(file.as_raw_fd(), 1)?;
    }
    let argv = command.argv();
    let attributes = PosixSpawnAttr::init()?;
    let envp = command.envp();
    let pid = posix_spawnp(&argv[0], &actions, &attributes, &argv, &envp)?;
    Ok(pid)
}

fn main() -> ExitCode {
    drive(run_command)
}
