//! Variant: all pipes first, every copy closed one by one in every child, and children reaped as they end.

use std::ffi::CString;
use std::io;
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::wait::wait;
use nix::unistd::{ForkResult, Pid, dup2_stdin, dup2_stdout, execvp, fork, pipe};
use pipes::shell_pipeline::{Outcome, drive};

fn run_pipeline(commands: &[Vec<CString>]) -> io::Result<Vec<Outcome>> {
    let count = commands.len();
    let mut pipes = (1..count)
        .map(|_| pipe())
        .collect::<nix::Result<Vec<_>>>()?;
    // The last command first: a shell may start them in any order.
    let mut children = Vec::new();
    for index in (0..count).rev() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        match unsafe { fork() }? {
            ForkResult::Child => {
                let Err(error) = run(&commands[index], index, std::mem::take(&mut pipes));
                eprintln!("{}: {error}", commands[index][0].to_string_lossy());
                // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                unsafe { nix::libc::_exit(127) }
            }
            ForkResult::Parent { child } => children.push((child, index)),
        }
    }
    drop(pipes);
    let mut outcomes = vec![Outcome::Exited(-1); count];
    for _ in 0..count {
        let status = wait()?;
        let ended: Option<Pid> = status.pid();
        let known = children.iter().find(|(child, _)| Some(*child) == ended);
        if let (Some((_, index)), Some(outcome)) = (known, Outcome::of(status)) {
            outcomes[*index] = outcome;
        }
    }
    Ok(outcomes)
}

fn run(
    command: &[CString],
    index: usize,
    pipes: Vec<(OwnedFd, OwnedFd)>,
) -> nix::Result<std::convert::Infallible> {
    if let Some((read_end, _)) = index.checked_sub(1).and_then(|before| pipes.get(before)) {
        dup2_stdin(read_end)?;
    }
    if let Some((_, write_end)) = pipes.get(index) {
        dup2_stdout(write_end)?;
    }
    drop(pipes);
    // SAFETY: no handler is installed, and none was.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }?;
    execvp(&command[0], command)
}

fn main() -> ExitCode {
    drive(run_pipeline)
}
