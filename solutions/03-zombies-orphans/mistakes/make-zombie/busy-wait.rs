//! Mistake: the child is asked for again and again, with WNOHANG, until it has ended.

use std::fs;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{ForkResult, Pid, fork};
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
            let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
            while waitid(Id::Pid(child), flags)? == WaitStatus::StillAlive {}
            display.show(child, state);
            waitpid(child, None)
        }
    }
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
