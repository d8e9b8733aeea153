//! Variant: the end is seen at a pidfd, as in an event loop, and the failures are in a ring of fixed size.

use std::io;
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, fork};
use rustix::process::{PidfdFlags, pidfd_open};
use threads_and_actors::supervisor::{Actor, Clock, Outcome, Policy, drive};

fn supervise(actor: &Actor<'_>, policy: Policy, clock: Clock) -> io::Result<Outcome> {
    let mut ring = vec![None; policy.failures];
    for place in (0..policy.failures).cycle() {
        // SAFETY: the program has one thread, so the child may run ordinary code.
        let child = match unsafe { fork() }? {
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            ForkResult::Child => unsafe { nix::libc::_exit(actor.run()) },
            ForkResult::Parent { child } => child,
        };
        let number = rustix::process::Pid::from_raw(child.as_raw()).ok_or(Errno::ESRCH)?;
        let pidfd = pidfd_open(number, PidfdFlags::empty())?;
        poll(
            &mut [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)],
            PollTimeout::NONE,
        )?;
        let status = waitid(Id::PIDFd(pidfd.as_fd()), WaitPidFlag::WEXITED)?;
        if matches!(status, WaitStatus::Exited(_, 0)) {
            return Ok(Outcome::Finished);
        }
        let now = clock.now();
        ring[place] = Some(now);
        // The next place holds the oldest failure, if there were so many.
        let oldest = ring[(place + 1) % policy.failures];
        if oldest.is_some_and(|oldest| now - oldest < policy.within) {
            return Ok(Outcome::GaveUp);
        }
    }
    Err(io::ErrorKind::InvalidInput.into())
}

fn main() -> ExitCode {
    drive(supervise)
}
