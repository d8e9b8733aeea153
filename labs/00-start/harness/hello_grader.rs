//! Driver of `hello-grader`: hands over the words and the exit code, and ends with what comes back.
//!
//! Usage: `hello-grader [CODE [WORD]...]`. CODE is the exit code to end with, 0 to 255 (default 0).

use std::process::ExitCode;

use nix::unistd::getpid;

use crate::program::{Program, print_line};

/// What the student writes: print the greeting and the words, and return the exit code.
pub type Introduce = fn(words: &[String], code: u8) -> ExitCode;

/// Runs the exercise.
#[must_use]
pub fn drive(introduce: Introduce) -> ExitCode {
    let program = Program::begin();
    let mut args = std::env::args().skip(1);
    let code = match args.next().map(|code| code.parse()).transpose() {
        Ok(code) => code.unwrap_or(0),
        Err(error) => {
            eprintln!("usage: hello-grader [CODE [WORD]...]: CODE is 0 to 255 ({error})");
            return ExitCode::from(2);
        }
    };
    let words: Vec<String> = args.collect();
    print_line(&format!("the program is [pid {}]", getpid()));
    let code = introduce(&words, code);
    program.only_the_parent_returns_from("introduce");
    code
}
