//! Mistake: every line is right, but the program always ends with code 0.

use std::process::ExitCode;

use start::hello_grader::drive;

fn introduce(words: &[String], _code: u8) -> ExitCode {
    let pid = std::process::id();
    println!("[pid {pid}] hello, grader");
    for word in words {
        println!("[pid {pid}] {word}");
    }
    ExitCode::SUCCESS
}

fn main() -> ExitCode {
    drive(introduce)
}
