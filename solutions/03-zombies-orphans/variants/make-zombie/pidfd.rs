//! Variant: a pidfd becomes readable when its process has ended. It is not a wait: the zombie stays.

use std::fs;
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
use rustix::process::{self, PidfdFlags, pidfd_open};
use zombies_orphans::make_zombie::{Display, Ending, drive};

fn make_zombie(ending: &Ending, display: &Display) -> nix::Result<WaitStatus> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let code = ending.approach();
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            wait_for_end(child)?;
            display.show(child, state);
            // Now its entry in the process table goes, and its number can be given away again.
            waitpid(child, None)
        }
    }
}

/// Sleeps until a process has ended.
fn wait_for_end(process: Pid) -> nix::Result<()> {
    // The child cannot have been reaped, so the number is the child's.
    let number = process::Pid::from_raw(process.as_raw()).ok_or(Errno::ESRCH)?;
    let pidfd = pidfd_open(number, PidfdFlags::empty())
        .map_err(|error| Errno::from_raw(error.raw_os_error()))?;
    poll(
        &mut [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)],
        PollTimeout::NONE,
    )
    .map(drop)
}

/// The state of a process, as ps(1) reads it, too.
fn state(process: Pid) -> nix::Result<char> {
    // `7 (name) Z 1 …`: nobody can reap the child but its parent, which is busy here, so the file is there.
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).map_err(|_| Errno::ESRCH)?;
    // The name may contain parentheses itself. No field behind it does, so the last one closes it.
    let (_, fields) = stat.rsplit_once(") ").ok_or(Errno::EINVAL)?;
    fields.chars().next().ok_or(Errno::EINVAL)
}

fn main() -> ExitCode {
    drive(make_zombie)
}
