//! Exercise `run-command`: what a shell does with each command line.
//!
//! It shows how fork, exec and wait fit together: between fork and exec the child arranges its own
//! descriptors, exec replaces the program and keeps the process, and what goes wrong in the child before
//! exec reaches the parent through a pipe that a successful exec closes.
//!
//! Calls: pipe2(2) with O_CLOEXEC, fork(2), open(2), dup2(2), execvpe(3), _exit(2), read(2), waitpid(2).
//! Run it: `cargo run -p fork-exec-wait --bin run-command -- echo hello`, and then
//! `… -- --env NAME=world --output out.txt sh -c 'echo hello $NAME'`, `… -- no-such-program`.
//! Edit: the body of `run_command`.

use std::io;
use std::process::ExitCode;

use fork_exec_wait::run_command::{CommandLine, Ending, drive};

/// Runs `command` in a child process, waits for it, and says how it ended.
///
/// - The command's standard input and output are the files that `command` names, otherwise the caller's.
///   The caller's own stay as they are. `dup2_stdin` and `dup2_stdout` of `nix::unistd` put a file in place.
/// - The command sees its variables, the caller's environment does not change: `execvpe` takes an
///   environment, and `command.argv()` and `command.envp()` are what it wants.
/// - When a file cannot be opened, or exec fails, the answer is `Ending::NotStarted` with the error. The
///   child writes the error into a pipe and leaves with `_exit(127)`. A command that exits with 127 by
///   itself has been started.
/// - The command has no descriptors open but 0, 1 and 2.
fn run_command(command: &CommandLine) -> io::Result<Ending> {
    // TODO: make the pipe, fork, redirect and exec in the child, learn in the parent what came of it.
    todo!("run {command:?}")
}

fn main() -> ExitCode {
    drive(run_command)
}
