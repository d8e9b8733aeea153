//! Exercise `shell-jobs`: jobs in the background.
//!
//! It shows what makes several processes one job (a process group), how a shell learns what has become of its jobs, and how it
//! stops and continues them.
//!
//! Calls: setpgid(2), waitpid(2) with WNOHANG, WUNTRACED and WCONTINUED, kill(2) with a negative pid.
//! Run it: `cargo run -p shell --bin shell -- -m 'sleep 2 | sleep 1 &' jobs wait`.
//! Edit: the bodies below, after pipes.rs. `shell.jobs` is given: a list that knows what it is told, and asks nobody.

use std::io;

use shell::{Command, Line, Shell};

/// Starts a line as a job, and returns its status.
///
/// - All of its processes are in one process group of the job's own; the first of them is its leader. Both sides of the fork see to
///   that, because nobody knows who runs first.
/// - In the background: tells of it (`shell.jobs.tell`), waits for nothing, and returns 0.
/// - In the foreground: waits until no process of it runs (`is_running`). A job that is over is forgotten, and its status returned; one
///   that has been stopped stays in the list, and its status is 128 and the number of the signal.
pub fn run(line: &Line, shell: &mut Shell) -> io::Result<i32> {
    // TODO: start the commands in a group of their own, add the job to `shell.jobs`, wait for it unless it is in the background.
    todo!("run {line:?} in {shell:?}")
}

/// Does what the shell must do itself with jobs, and returns the status; `None` where the command is another one.
///
/// - `jobs` tells of all jobs, after having asked what has become of them.
/// - `fg %N` prints the job's line, continues the job and waits for it as for one in the foreground.
/// - `bg %N` continues a job and tells of it. Without a number, both mean the job that `shell.jobs.find` finds; if there is none,
///   they say so on standard error, and the status is 2.
/// - `wait` waits until no job is running.
pub fn builtin(command: &Command, shell: &mut Shell) -> io::Result<Option<i32>> {
    // TODO: `jobs`, `fg`, `bg`, `wait`.
    todo!("do {command:?} in {shell:?}, if it is about jobs")
}

/// Takes note of everything that has become of the jobs, and waits for nothing. The driver calls it before each line.
pub fn update(shell: &mut Shell) -> io::Result<()> {
    // TODO: ask for all children that have ended, stopped or been continued; `shell.jobs.note` each.
    todo!("update the jobs of {shell:?}")
}
