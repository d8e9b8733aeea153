//! Mistake: the process in the middle returns to the caller of its parent.

use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork, getppid};
use rustix::process::{PidfdFlags, getpid, pidfd_open};
use zombies_orphans::orphan::{Orphan, drive};

fn outlive(orphan: &Orphan) -> nix::Result<()> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => leave_an_orphan(orphan),
        ForkResult::Parent { child } => waitpid(child, None).map(drop),
    }
}

/// In the process between the two.
fn leave_an_orphan(orphan: &Orphan) -> nix::Result<()> {
    // It is opened by the process itself, so it cannot be about anybody else. The child inherits it.
    let parent = pidfd_open(getpid(), PidfdFlags::empty())
        .map_err(|error| Errno::from_raw(error.raw_os_error()))?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    if let ForkResult::Child = unsafe { fork() }? {
        // Becomes readable when the parent has ended. The kernel has given its children to somebody else by then;
        // a pipe that the parent held open would tell of its end before that.
        let mut ends = [PollFd::new(parent.as_fd(), PollFlags::POLLIN)];
        let waited = loop {
            match poll(&mut ends, PollTimeout::NONE) {
                Err(Errno::EINTR) => {}
                result => break result,
            }
        };
        if waited.is_ok() {
            // Whoever it is: not a number that one could know beforehand.
            orphan.adopted_by(getppid());
        }
        // SAFETY: as above.
        unsafe { libc::_exit(i32::from(waited.is_err())) }
    }
    Ok(())
}

fn main() -> ExitCode {
    drive(outlive)
}
