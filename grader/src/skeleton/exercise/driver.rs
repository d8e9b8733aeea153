//! Driver of `the-exercise`: has a number doubled in a child, and tells how the child ended.
//!
//! Usage: `the-exercise [NUMBER]`: NUMBER is 0 to 100 (default 5).

use std::process::ExitCode;

use nix::sys::wait::WaitStatus;
use nix::unistd::getpid;

use crate::program::{Program, print_line, say};

/// What the student writes: have the number doubled in a child, and return how the child ended.
pub type DoubleInChild = fn(number: u8) -> nix::Result<WaitStatus>;

/// Given: the work. Its line names the process that does it; what is returned fits into an exit code.
#[must_use]
pub fn double(number: u8) -> u8 {
    let result = number.saturating_mul(2);
    say(&format!("{number} doubled is {result}"));
    result
}

/// Runs the exercise.
#[must_use]
pub fn drive(double_in_child: DoubleInChild) -> ExitCode {
    let program = Program::begin();
    let Some(number) = number() else {
        eprintln!("usage: the-exercise [NUMBER]: NUMBER is 0 to 100");
        return ExitCode::from(2);
    };
    print_line(&format!("the program is [pid {}]", getpid()));
    let result = double_in_child(number);
    program.end("double_in_child", result, |status| match status {
        WaitStatus::Exited(child, code) => {
            print_line(&format!("the child [pid {child}] ended with code {code}"));
        }
        other => print_line(&format!("the child ended otherwise: {other:?}")),
    })
}

fn number() -> Option<u8> {
    let mut args = std::env::args().skip(1);
    let number = args.next().map_or(Some(5), |number| number.parse().ok())?;
    (number <= 100 && args.next().is_none()).then_some(number)
}
