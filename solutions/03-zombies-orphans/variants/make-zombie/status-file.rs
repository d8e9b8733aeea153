//! Variant: the state is read from the line `State:` of /proc/PID/status, and the child is reaped by waitid(2).

use std::fs;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
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
            // Sleeps until the child has ended, as every wait does; WNOWAIT leaves it as it is.
            waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
            display.show(child, state);
            // Now its entry in the process table goes, and its number can be given away again.
            waitid(Id::Pid(child), WaitPidFlag::WEXITED)
        }
    }
}

/// The state of a process.
fn state(process: Pid) -> nix::Result<char> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).map_err(|_| Errno::ESRCH)?;
    // `State:	Z (zombie)`. The name stands in a line of its own, where newlines are written as `\\n`.
    let state = status.lines().find_map(|line| line.strip_prefix("State:"));
    let letter = state.and_then(|text| text.trim_start().chars().next());
    letter.ok_or(Errno::EINVAL)
}

fn main() -> ExitCode {
    drive(make_zombie)
}
