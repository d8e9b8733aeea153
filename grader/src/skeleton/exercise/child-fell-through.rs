//! Mistake: the child returns in place of leaving, and is a second parent from there on.

use std::process::ExitCode;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork, getpid};

use the_topic::the_exercise::{double, drive};

fn double_in_child(number: u8) -> nix::Result<WaitStatus> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => Ok(WaitStatus::Exited(getpid(), i32::from(double(number)))),
        ForkResult::Parent { child } => waitpid(child, None),
    }
}

fn main() -> ExitCode {
    drive(double_in_child)
}
