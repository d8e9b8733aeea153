//! Mistake: the parent works the exit code out and does not wait. The child stays a zombie.

use std::process::ExitCode;

use nix::sys::wait::WaitStatus;
use nix::unistd::{ForkResult, fork};

use the_topic::the_exercise::{double, drive};

fn double_in_child(number: u8) -> nix::Result<WaitStatus> {
    // SAFETY: the program has one thread, so the child may run ordinary code.
    match unsafe { fork() }? {
        ForkResult::Child => {
            let result = double(number);
            // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
            unsafe { nix::libc::_exit(i32::from(result)) }
        }
        ForkResult::Parent { child } => Ok(WaitStatus::Exited(child, i32::from(number) * 2)),
    }
}

fn main() -> ExitCode {
    drive(double_in_child)
}
