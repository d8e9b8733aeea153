//! How a child is to end, and how one has ended, in words.

use std::str::FromStr;

use nix::libc;
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, raise, signal, sigprocmask};
use nix::sys::wait::WaitStatus;

/// How a child is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// By itself, with this exit code.
    Code(u8),
    /// By this signal.
    Signal(Signal),
}

impl FromStr for Ending {
    type Err = ();

    /// An exit code, or minus the number of a signal that kills.
    fn from_str(text: &str) -> Result<Self, ()> {
        let number: i32 = text.parse().map_err(|_| ())?;
        if let Ok(code) = u8::try_from(number) {
            return Ok(Self::Code(code));
        }
        match Signal::try_from(-number).map_err(|_| ())? {
            // These do not kill.
            Signal::SIGCHLD | Signal::SIGCONT | Signal::SIGURG | Signal::SIGWINCH => Err(()),
            Signal::SIGSTOP | Signal::SIGTSTP | Signal::SIGTTIN | Signal::SIGTTOU => Err(()),
            signal => Ok(Self::Signal(signal)),
        }
    }
}

impl Ending {
    /// Ends the calling process, which must be a child, by the signal; or returns the exit code to leave with.
    pub(crate) fn approach(self) -> i32 {
        let killer = match self {
            Self::Code(code) => return code.into(),
            Self::Signal(killer) => killer,
        };
        // What the program ignores, catches or blocks was inherited: it would not kill.
        if killer != Signal::SIGKILL {
            // SAFETY: the default action runs no code of this program.
            let _ = unsafe { signal(killer, SigHandler::SigDfl) };
            let _ = sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&SigSet::from(killer)), None);
        }
        let _ = raise(killer);
        libc::EXIT_FAILURE
    }

    /// Ends the calling process, which must be a child of the driver's.
    pub(crate) fn meet(self) -> ! {
        let code = self.approach();
        // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
        unsafe { libc::_exit(code) }
    }
}

/// How a child has ended, in words.
#[must_use]
pub fn in_words(status: WaitStatus) -> String {
    match status {
        WaitStatus::Exited(_, code) => format!("exited with code {code}"),
        WaitStatus::Signaled(_, signal, _) => format!("killed by {signal}"),
        _ => "not ended".to_owned(),
    }
}
