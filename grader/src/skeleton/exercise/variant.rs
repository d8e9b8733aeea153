//! Variant: the parent waits with waitid(2), which says what to wait for.

use std::process::ExitCode;

use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{ForkResult, fork};

use the_topic::the_exercise::{double, drive};

fn double_in_child(number: u8) -> nix::Result<WaitStatus> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let ForkResult::Parent { child } = (unsafe { fork() }?) else {
        let result = double(number);
        // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
        unsafe { nix::libc::_exit(i32::from(result)) }
    };
    waitid(Id::Pid(child), WaitPidFlag::WEXITED)
}

fn main() -> ExitCode {
    drive(double_in_child)
}
