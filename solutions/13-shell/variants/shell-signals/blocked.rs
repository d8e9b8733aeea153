//! The shell blocks SIGTTOU while it takes the terminal back, and leaves its action as it is.

use std::io;
use std::os::fd::BorrowedFd;

use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, signal, sigprocmask};
use nix::unistd::{Pid, getpgrp, setpgid, tcsetpgrp};
use shell::Shell;

/// What keys send, and what the terminal sends to those in the background.
const OF_TERMINAL: [Signal; 4] = [
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
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
    as_if_in_foreground(|| tcsetpgrp(terminal, group))
}

pub fn take_back(terminal: BorrowedFd<'_>) -> io::Result<()> {
    as_if_in_foreground(|| tcsetpgrp(terminal, getpgrp()))
}

/// From the background this is allowed to whoever blocks SIGTTOU.
fn as_if_in_foreground(change: impl FnOnce() -> nix::Result<()>) -> io::Result<()> {
    let mut before = SigSet::empty();
    let stops = SigSet::from(Signal::SIGTTOU);
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&stops), Some(&mut before))?;
    let changed = change();
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&before), None)?;
    Ok(changed?)
}

pub fn reset() -> io::Result<()> {
    for ignored in OF_TERMINAL {
        // SAFETY: no handler is installed, and none was.
        unsafe { signal(ignored, SigHandler::SigDfl) }?;
    }
    SigSet::empty().thread_set_mask()?;
    Ok(())
}
