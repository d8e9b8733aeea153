//! Variant: posix_spawnp(3) with file actions and the signals to reset, ends reaped with waitid(2).

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use nix::fcntl::OFlag;
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawnp};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, pipe2};
use pipes::shell_pipeline::{Outcome, drive};

fn run_pipeline(commands: &[Vec<CString>]) -> io::Result<Vec<Outcome>> {
    let mut attributes = PosixSpawnAttr::init()?;
    attributes.set_flags(PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF)?;
    attributes.set_sigdefault(&SigSet::from_iter([Signal::SIGPIPE]))?;
    let environment: Vec<CString> = std::env::vars()
        .filter_map(|(name, value)| CString::new(format!("{name}={value}")).ok())
        .collect();

    let mut children: Vec<Option<Pid>> = Vec::new();
    let mut input: Option<OwnedFd> = None;
    for (index, command) in commands.iter().enumerate() {
        let mut actions = PosixSpawnFileActions::init()?;
        if let Some(input) = &input {
            actions.add_dup2(input.as_raw_fd(), 0)?;
        }
        let mut ends = None;
        if index + 1 < commands.len() {
            let (read_end, write_end) = pipe2(OFlag::O_CLOEXEC)?;
            actions.add_dup2(write_end.as_raw_fd(), 1)?;
            ends = Some((read_end, write_end));
        }
        let started = posix_spawnp(&command[0], &actions, &attributes, command, &environment);
        if let Err(error) = started {
            eprintln!("{}: {error}", command[0].to_string_lossy());
        }
        children.push(started.ok());
        input = ends.map(|(read_end, _)| read_end);
    }
    children.into_iter().map(outcome).collect()
}

/// A command that could not be started has no process.
fn outcome(child: Option<Pid>) -> io::Result<Outcome> {
    let Some(child) = child else {
        return Ok(Outcome::Exited(127));
    };
    let status = waitid(Id::Pid(child), WaitPidFlag::WEXITED)?;
    Outcome::of(status).ok_or_else(|| io::Error::other(format!("no end: {status:?}")))
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
