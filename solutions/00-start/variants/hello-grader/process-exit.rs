//! Variant: one text, written at once to the locked standard output, and `process::exit`.

use std::fmt::Write as _;
use std::io::{Write as _, stdout};
use std::process::{ExitCode, exit};

use nix::unistd::getpid;
use start::hello_grader::drive;

fn introduce(words: &[String], code: u8) -> ExitCode {
    let mut text = String::new();
    for line in std::iter::once("hello, grader").chain(words.iter().map(String::as_str)) {
        writeln!(text, "[pid {}] {line}", getpid()).expect("a String takes every text");
    }
    if stdout().lock().write_all(text.as_bytes()).is_err() {
        return ExitCode::FAILURE;
    }
    exit(code.into())
}

fn main() -> ExitCode {
    drive(introduce)
}
