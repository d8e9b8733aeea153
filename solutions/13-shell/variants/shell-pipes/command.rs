//! The standard library starts the programs of a line without job control.

use std::fs::File;
use std::io::{self, PipeReader};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{self, Child, Stdio};

use nix::fcntl::OFlag;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, Pid, dup2_stderr, dup2_stdin, dup2_stdout, fork, pipe2};
use shell::{Command, Redirection, Target};

use crate::jobs::Placement;
use crate::{become_command, complain};

pub fn run(commands: &[Command]) -> io::Result<i32> {
    let mut children = Vec::new();
    let mut input: Option<PipeReader> = None;
    for (index, command) in commands.iter().enumerate() {
        let mut program = process::Command::new(command.name());
        program.args(command.arguments());
        program.stdin(input.take().map_or(Stdio::inherit(), Stdio::from));
        if index + 1 < commands.len() {
            let (reader, writer) = io::pipe()?;
            program.stdout(writer);
            input = Some(reader);
        }
        children.push(match follow(command, &mut program) {
            Ok(()) => start_program(command, &mut program),
            Err(error) => Err(complain(command.name(), &error.to_string())),
        });
        // `program` goes out of scope, and with it the shell's copies of the ends.
    }
    let mut status = 0;
    for child in children {
        status = match child {
            Ok(mut child) => {
                let ended = child.wait()?;
                let signal = ended.signal().map_or(0, |signal| 128 + signal);
                ended.code().unwrap_or(signal)
            }
            Err(status) => status,
        };
    }
    Ok(status)
}

fn follow(command: &Command, program: &mut process::Command) -> io::Result<()> {
    for redirection in &command.redirections {
        let file = open(redirection)?;
        match redirection.descriptor {
            0 => program.stdin(file),
            1 => program.stdout(file),
            _ => program.stderr(file),
        };
    }
    Ok(())
}

fn start_program(command: &Command, program: &mut process::Command) -> Result<Child, i32> {
    program.spawn().map_err(|error| {
        complain(command.name(), &error.to_string());
        let is_missing = error.kind() == io::ErrorKind::NotFound;
        if is_missing { 127 } else { 126 }
    })
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
        let file = open(redirection)?;
        match redirection.descriptor {
            0 => dup2_stdin(file)?,
            1 => dup2_stdout(file)?,
            _ => dup2_stderr(file)?,
        }
    }
    Ok(())
}

fn open(redirection: &Redirection) -> io::Result<File> {
    let (path, opened) = match &redirection.target {
        Target::Read(path) => (path, File::open(path)),
        Target::Write(path) => (path, File::create(path)),
        Target::Append(path) => {
            let mut options = File::options();
            (path, options.append(true).create(true).open(path))
        }
    };
    let named = |error| io::Error::other(format!("{}: {error}", path.display()));
    opened.map_err(named)
}
