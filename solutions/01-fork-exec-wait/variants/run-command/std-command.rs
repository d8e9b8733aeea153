//! Variant: `std::process::Command`, which does all of this inside, the close-on-exec pipe included.

use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};

use fork_exec_wait::run_command::{CommandLine, Ending, drive};
use nix::errno::Errno;
use nix::sys::signal::Signal;

fn run_command(command: &CommandLine) -> io::Result<Ending> {
    match run(command) {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Ok(Ending::Exited(code)),
            (None, Some(signal)) => Ok(Ending::Killed(Signal::try_from(signal)?)),
            (None, None) => Err(io::Error::other(format!("unexpected {status:?}"))),
        },
        Err(error) => error
            .raw_os_error()
            .map(|errno| Ending::NotStarted(Errno::from_raw(errno)))
            .ok_or(error),
    }
}

fn run(command: &CommandLine) -> io::Result<ExitStatus> {
    let mut process = Command::new(&command.program);
    process.args(&command.arguments);
    process.envs(
        command
            .environment
            .iter()
            .map(|(name, value)| (name, value)),
    );
    if let Some(path) = &command.input {
        process.stdin(File::open(path)?);
    }
    if let Some(path) = &command.output {
        process.stdout(File::create(path)?);
    }
    process.status()
}

fn main() -> ExitCode {
    drive(run_command)
}
