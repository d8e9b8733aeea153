//! Reference answer of `hello-grader`.

use std::process::ExitCode;

use start::hello_grader::drive;

fn introduce(words: &[String], code: u8) -> ExitCode {
    let pid = std::process::id();
    println!("[pid {pid}] hello, grader");
    for word in words {
        println!("[pid {pid}] {word}");
    }
    // The value that `main` returns is the exit code: whoever waits for this process learns it, and
    // nothing else, from the kernel.
    ExitCode::from(code)
}

fn main() -> ExitCode {
    drive(introduce)
}
