//! Mistake: that the child is a zombie is concluded, not read: the letter is written into the program.

use std::process::ExitCode;

use nix::libc;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::{ForkResult, fork};
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
            waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT)?;
            display.show(child, |_| Ok('Z'));
            waitpid(child, None)
        }
    }
}

fn main() -> ExitCode {
    drive(make_zombie)
}
