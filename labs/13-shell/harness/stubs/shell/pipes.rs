//! Exercise `shell-pipes`: pipelines and redirections.
//!
//! It shows how a shell connects programs that know nothing of each other: with pipes and files in the place of descriptors 0, 1
//! and 2, put there between fork and exec.
//!
//! Calls: pipe2(2), fork(2), open(2), dup2(2), execvp(3), waitpid(2).
//! Run it: `cargo run -p shell --bin shell -- 'seq 20 | sort -rn > out' 'head -3 < out'`.
//! Edit: the bodies of `run` and `redirect`, after main.rs.

use std::io;

use shell::{Command, Redirection};

/// Runs the commands, each one's standard output connected to the next one's standard input, and returns the status of the last.
///
/// - All of them are started before any of them is waited for, and all are waited for.
/// - Redirections come after the pipes, from left to right: the last one for a descriptor counts.
/// - A command has the descriptors 0, 1 and 2 and none that the shell made.
/// - A redirection that fails is said on standard error; the command is not executed and has the status 2. Whatever else goes wrong
///   is as in `run_command` of main.rs.
pub fn run(commands: &[Command]) -> io::Result<i32> {
    // TODO: start a child for each command, connect them, wait for all of them.
    todo!("run {commands:?}")
}

/// Makes the calling process's descriptors lead where the redirections say. A file that is made has the permissions 0o666.
pub fn redirect(redirections: &[Redirection]) -> io::Result<()> {
    // TODO: open each file, put it in the place of its descriptor.
    todo!("follow {redirections:?}")
}
