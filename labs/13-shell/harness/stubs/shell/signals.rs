//! Exercise `shell-signals`: the terminal and its signals.
//!
//! It shows how a terminal knows whom Ctrl-C and Ctrl-Z are for, how a shell hands it to a job and takes it back, and what of the
//! shell's own way with signals its programs must not inherit.
//!
//! Calls: tcsetpgrp(3), sigaction(2), sigprocmask(2), setpgid(2).
//! Run it: `cargo run -p shell --bin shell`, and type `cat`, Ctrl-Z, `jobs`, `fg`, Ctrl-C, `exit`.
//! Edit: the bodies below, and jobs.rs, which calls them where `shell.terminal()` is there.

use std::io;
use std::os::fd::BorrowedFd;

use nix::unistd::Pid;
use shell::Shell;

/// Gets the shell ready for its terminal, once at its beginning.
///
/// - It ignores what the keys and the terminal send: SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU.
/// - It is the leader of a process group, and that is in the foreground.
pub fn prepare(shell: &mut Shell) -> io::Result<()> {
    // TODO: ignore the signals; a group of its own, unless it has one; the foreground.
    todo!("prepare {shell:?}")
}

/// Puts a job into the foreground. The shell does so before it waits for the job, and the child before it executes its program,
/// because nobody knows who runs first.
pub fn hand_over(terminal: BorrowedFd<'_>, group: Pid) -> io::Result<()> {
    // TODO: tcsetpgrp.
    todo!("hand {terminal:?} to {group}")
}

/// Puts the shell back into the foreground, as soon as no process of the job runs.
pub fn take_back(terminal: BorrowedFd<'_>) -> io::Result<()> {
    // TODO: tcsetpgrp again.
    todo!("take {terminal:?} back")
}

/// Gives the calling child the signals that a program expects: default actions, none blocked. Ignored signals and the mask survive
/// exec.
pub fn reset() -> io::Result<()> {
    // TODO: what `prepare` and the Rust runtime ignore gets its default action; an empty mask.
    todo!("default signals")
}
