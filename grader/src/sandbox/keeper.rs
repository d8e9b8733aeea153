//! Who stays behind while a run takes place in another process: it waits for that process, and cleans up after it.
//!
//! It holds what the run must not have: the right to remove the run's folder and groups. It ends whatever the other leaves, so it
//! does not matter how that ends, nor whether anybody still waits for the record.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, close, fork};

use super::family;

/// How long the end of what is left may take.
const TEARDOWN: Duration = Duration::from_secs(10);

/// How the process ended in which the run took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// With this exit code.
    Exited(u8),
    /// By a signal: nobody inside of the run can have done that.
    Killed,
}

impl Over {
    /// The exit code of the calling process, which ends in the same way. The grader is to see a runner that was killed.
    pub(super) fn end_alike(self) -> ExitCode {
        match self {
            Self::Exited(code) => ExitCode::from(code),
            Self::Killed => {
                let _ = raise(Signal::SIGKILL);
                ExitCode::FAILURE
            }
        }
    }
}

/// On the host: goes on in a process of its own, and returns there. The calling process returns when that is over.
///
/// # Errors
/// When no process can be made.
pub(super) fn stay_behind() -> io::Result<Option<Over>> {
    family::adopt_orphans()?;
    // SAFETY: the caller has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => Ok(None),
        ForkResult::Parent { child } => {
            let over = wait_for(child);
            family::end_all(Instant::now() + TEARDOWN)?;
            Ok(Some(over))
        }
    }
}

/// Waits for the end of the process in which the run takes place.
pub(super) fn wait_for(pid: Pid) -> Over {
    // The lifeline and the record are its own.
    for descriptor in [0, 1] {
        // Nothing here uses standard input or output from now on.
        let _ = close(descriptor);
    }
    loop {
        match waitpid(pid, None) {
            Err(Errno::EINTR) => {}
            Ok(WaitStatus::Exited(_, code)) => {
                return Over::Exited(u8::try_from(code).unwrap_or(u8::MAX));
            }
            Ok(WaitStatus::Signaled(..)) => return Over::Killed,
            Ok(_) | Err(_) => return Over::Exited(1),
        }
    }
}
