//! Whoever is in the group already leaves it to the shell to tell the terminal.

use std::io;
use std::os::fd::BorrowedFd;

use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::unistd::{Pid, getpgrp, setpgid, tcsetpgrp};
use shell::Shell;

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
    shell.terminal().map_or(Ok(()), take_back)
}

pub fn hand_over(terminal: BorrowedFd<'_>, group: Pid) -> io::Result<()> {
    if getpgrp() != group {
        tcsetpgrp(terminal, group)?;
    }
    Ok(())
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
