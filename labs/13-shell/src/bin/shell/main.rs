//! Exercise `shell-run`: a shell runs commands.
//!
//! It shows what a shell does for a line such as `ls -l`: fork, exec, wait; why `cd` and `exit` cannot be programs; and how the end
//! of a command becomes the number that `$?` stands for.
//!
//! Calls: fork(2), execvp(3), waitpid(2), chdir(2), _exit(2).
//! Run it: `cargo run -p shell --bin shell -- 'cd /' pwd 'sh -c "exit 3"' 'echo $?'`.
//! Edit: the bodies of `builtin` and `run_command`. The other files of this folder are for the next exercises.

// Something of these is not called before the exercise that it is for.
#[allow(dead_code)]
mod jobs;
#[allow(dead_code)]
mod pipes;
#[allow(dead_code)]
mod signals;

use std::io;
use std::process::ExitCode;

use shell::{Command, Line, Shell, drive};

/// Executes a line and returns its status. Given: it says which part of the shell a line needs.
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

/// Does what the shell must do itself, and returns the status; `None` where the command is a program.
///
/// - `cd FOLDER` goes there, `cd` alone goes to the folder that the environment variable HOME names. If that fails, it says why on
///   standard error, and the status is 2.
/// - `exit CODE` ends the shell (`shell.leave`), `exit` alone with the status of the line before. What is no number is an error,
///   with status 2, and the shell goes on.
/// - With job control there are more: ask `jobs::builtin`.
fn builtin(command: &Command, shell: &mut Shell) -> io::Result<Option<i32>> {
    // TODO: `cd`, `exit`; with `shell.job_control` also those of jobs.rs.
    todo!("do {command:?} in {shell:?}, if it is for the shell")
}

/// Runs a program, waits for its end, and returns the status: its code, or 128 and the number of the signal that ended it.
///
/// - A program that is not found has the status 127, one that cannot be executed 126. The child says on standard error what is wrong.
/// - A Rust program ignores SIGPIPE, and whoever it executes would inherit that: the child gives it its default action.
fn run_command(command: &Command) -> io::Result<i32> {
    // TODO: fork, exec, wait.
    todo!("run {command:?}")
}

fn main() -> ExitCode {
    drive(execute, jobs::update, signals::prepare)
}
