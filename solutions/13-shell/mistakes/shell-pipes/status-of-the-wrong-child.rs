//! The first command that is waited for gives the line its status.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

use nix::fcntl::OFlag;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, dup2_stderr, dup2_stdin, dup2_stdout, fork, pipe2};
use shell::{Command, Redirection, State, Target};

use crate::jobs::Placement;
use crate::{become_command, complain};

pub fn run(commands: &[Command]) -> io::Result<i32> {
    let children = start(commands, None)?;
    let mut status = None;
    for child in children {
        let ended = State::of(waitpid(child, None)?);
        status = status.or(ended.map(|(_, state)| state.status()));
    }
    Ok(status.unwrap_or(0))
}

/// Starts a child for each command, connected by pipes. With a placement, they become a job.
pub fn start(commands: &[Command], placement: Option<&Placement>) -> io::Result<Vec<Pid>> {
    let mut children = Vec::new();
    let started = start_all(commands, placement, &mut children);
    if started.is_err() {
        // Their pipes are closed: those that run see the end, and no zombie is left.
        for child in &children {
            waitpid(*child, None)?;
        }
    }
    started.map(|()| children)
}

fn start_all(
    commands: &[Command],
    placement: Option<&Placement>,
    children: &mut Vec<Pid>,
) -> io::Result<()> {
    let mut input: Option<OwnedFd> = None;
    for (index, command) in commands.iter().enumerate() {
        let (next_input, output) = if index + 1 < commands.len() {
            // Close-on-exec: what a child inherits of these, its program does not get.
            let (read_end, write_end) = pipe2(OFlag::O_CLOEXEC)?;
            (Some(read_end), Some(write_end))
        } else {
            (None, None)
        };
        let leader = children.first().copied();
        // SAFETY: the shell has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let placed = placement.map_or(Ok(()), |it| it.place_child(leader));
                let connected = placed.and_then(|()| connect(command, input, output));
                if let Err(error) = connected {
                    complain(command.name(), &error.to_string());
                    // SAFETY: `_exit` ends the child and leaves the shell's buffers alone.
                    unsafe { nix::libc::_exit(2) }
                }
                become_command(command)
            }
            ForkResult::Parent { child } => {
                children.push(child);
                if let Some(placement) = placement {
                    placement.place(child, leader)?;
                }
            }
        }
        // `output` goes out of scope: with a write end left in the shell, the next command would never see the end of file.
        input = next_input;
    }
    Ok(())
}

/// Pipes first: a redirection of the command's own comes after them, and so counts.
fn connect(command: &Command, input: Option<OwnedFd>, output: Option<OwnedFd>) -> io::Result<()> {
    if let Some(input) = input {
        dup2_stdin(input)?;
    }
    if let Some(output) = output {
        dup2_stdout(output)?;
    }
    redirect(&command.redirections)
}

pub fn redirect(redirections: &[Redirection]) -> io::Result<()> {
    for redirection in redirections {
        // The standard library opens files close-on-exec. The copies below are not, so the program has the copy alone.
        let (path, opened) = match &redirection.target {
            Target::Read(path) => (path, File::open(path)),
            Target::Write(path) => (path, File::create(path)),
            Target::Append(path) => {
                let mut options = File::options();
                (path, options.append(true).create(true).open(path))
            }
        };
        let named = |error| io::Error::other(format!("{}: {error}", path.display()));
        let file = opened.map_err(named)?;
        match redirection.descriptor {
            0 => dup2_stdin(file)?,
            1 => dup2_stdout(file)?,
            _ => dup2_stderr(file)?,
        }
    }
    Ok(())
}
