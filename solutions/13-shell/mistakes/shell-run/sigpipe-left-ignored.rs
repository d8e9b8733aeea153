//! What the Rust runtime ignores, the program ignores too.

mod jobs;
mod pipes;
mod signals;

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, execvp, fork};
use shell::{Command, Line, Shell, State, drive};

fn execute(line: &Line, shell: &mut Shell) -> io::Result<i32> {
    if let [command] = &line.commands[..]
        && let Some(status) = builtin(command, shell)?
    {
        return Ok(status);
    }
    if shell.job_control {
        return jobs::run(line, shell);
    }
    match &line.commands[..] {
        [command] if command.redirections.is_empty() => run_command(command),
        commands => pipes::run(commands),
    }
}

// The working folder and the shell's end are properties of a process: a child could change only its own.
fn builtin(command: &Command, shell: &mut Shell) -> io::Result<Option<i32>> {
    let argument = command.arguments().first();
    let status = match command.name() {
        "cd" => {
            let home = || std::env::var_os("HOME").unwrap_or_default().into();
            let folder: PathBuf = argument.map_or_else(home, PathBuf::from);
            match std::env::set_current_dir(&folder) {
                Ok(()) => 0,
                Err(error) => complain("cd", &format!("{}: {error}", folder.display())),
            }
        }
        "exit" => match argument.map_or(Ok(shell.status()), |code| code.parse()) {
            Ok(code) => {
                shell.leave(code);
                code
            }
            Err(_) => complain("exit", "the code is no number"),
        },
        _ if shell.job_control => return jobs::builtin(command, shell),
        _ => return Ok(None),
    };
    Ok(Some(status))
}

fn run_command(command: &Command) -> io::Result<i32> {
    // SAFETY: the shell has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => become_command(command),
        ForkResult::Parent { child } => {
            let status = waitpid(child, None)?;
            // Without WUNTRACED nothing but an end is reported.
            let ended = State::of(status).ok_or_else(|| io::Error::other(format!("{status:?}")))?;
            Ok(ended.1.status())
        }
    }
}

/// Turns a child into the command. It never comes back: behind it there would be a second shell.
pub fn become_command(command: &Command) -> ! {
    let Err(errno) = execute_program(command);
    let missing = errno == Errno::ENOENT;
    complain(command.name(), errno.desc());
    // SAFETY: `_exit` ends the child and leaves the shell's buffers alone.
    unsafe { nix::libc::_exit(if missing { 127 } else { 126 }) }
}

fn execute_program(command: &Command) -> nix::Result<Infallible> {
    let argv = command.argv();
    execvp(&argv[0], &argv)
}

/// Says what is wrong, and returns the status of a line for which the shell is to blame.
pub fn complain(name: &str, message: &str) -> i32 {
    eprintln!("shell: {name}: {message}");
    2
}

fn main() -> ExitCode {
    drive(execute, jobs::update, signals::prepare)
}
