//! Mistake: prints what the visible cases expect, instead of the words that it was given.

use std::process::ExitCode;

use start::hello_grader::drive;

fn introduce(words: &[String], code: u8) -> ExitCode {
    let pid = std::process::id();
    println!("[pid {pid}] hello, grader");
    if !words.is_empty() {
        println!("[pid {pid}] apples");
        println!("[pid {pid}] pears");
    }
    ExitCode::from(code)
}

fn main() -> ExitCode {
    drive(introduce)
}
