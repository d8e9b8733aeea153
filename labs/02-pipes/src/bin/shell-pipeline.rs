//! Exercise `shell-pipeline`: `a | b | c`, as a shell runs it.
//!
//! It shows how `dup2` puts a pipe in the place of standard input and output, what a program inherits
//! across `exec`, why all stages run at the same time, and how a stage ends whose reader has gone.
//!
//! Calls: pipe(2), fork(2), dup2(2), execvp(3), waitpid(2), signal(2), _exit(2).
//! Run it: `cargo run -p pipes --bin shell-pipeline -- yes '|' head -1`.
//! Edit: the body of `run_pipeline`.

use std::ffi::CString;
use std::io;
use std::process::ExitCode;

use pipes::shell_pipeline::{Outcome, drive};

/// Runs the commands, each one's standard output connected to the next one's standard input, and
/// returns how they ended, in the order of the commands.
///
/// - The first command has this program's standard input, the last one its standard output.
/// - All of them are started before any of them is waited for.
/// - A command has the descriptors 0, 1 and 2 open, and no other that you made.
/// - A command that writes to a pipe that nobody reads any more dies of `SIGPIPE`. Rust programs ignore
///   that signal, and whoever they execute would inherit that.
/// - A command that does not exist is `Outcome::Exited(127)`; the other ones run all the same.
fn run_pipeline(commands: &[Vec<CString>]) -> io::Result<Vec<Outcome>> {
    // TODO: start a child for each command, connect them, wait for all of them.
    todo!("run {commands:?}")
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
