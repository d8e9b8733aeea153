//! Variant: posix_spawn(3), which forks, resets signals and executes in one call.

mod jobs;
mod pipes;
mod signals;

use std::convert::Infallible;
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawnp};
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::sys::wait::waitpid;
use nix::unistd::execvp;
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
    let argv = command.argv();
    // What lies between fork and exec is said in advance: only SIGPIPE gets its default action.
    let mut attributes = PosixSpawnAttr::init()?;
    attributes.set_flags(PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF)?;
    attributes.set_sigdefault(&SigSet::from(Signal::SIGPIPE))?;
    let environment: Vec<CString> = std::env::vars_os()
        .filter_map(|(name, value)| {
            CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).ok()
        })
        .collect();
    let actions = PosixSpawnFileActions::init()?;
    match posix_spawnp(&argv[0], &actions, &attributes, &argv, &environment) {
        Ok(child) => {
            let ended = State::of(waitpid(child, None)?);
            Ok(ended.map_or(0, |(_, state)| state.status()))
        }
        // An exec that fails is reported here, and there is no child.
        Err(errno) => {
            complain(command.name(), errno.desc());
            Ok(if errno == Errno::ENOENT { 127 } else { 126 })
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
    // SAFETY: no handler is installed, and none was.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }?;
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
