//! Mistake: no child. The line of the child is printed with a pid that is made up.

use std::process::ExitCode;

use nix::sys::wait::WaitStatus;
use nix::unistd::{Pid, getpid};

use the_topic::the_exercise::drive;

fn double_in_child(number: u8) -> nix::Result<WaitStatus> {
    let child = Pid::from_raw(getpid().as_raw() + 1);
    let result = number * 2;
    println!("[pid {child}] {number} doubled is {result}");
    Ok(WaitStatus::Exited(child, i32::from(result)))
}

fn main() -> ExitCode {
    drive(double_in_child)
}
