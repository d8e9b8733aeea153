//! Exercise `hello-grader`: a first program, to learn how the grader answers.
//!
//! It shows the two things that every process tells the world: what it writes, and its exit code.
//! This is what it should do:
//!
//! ```text
//! $ cargo run -p start --bin hello-grader 7 apples pears
//! the program is [pid 4711]           (the driver has printed this line)
//! [pid 4711] hello, grader
//! [pid 4711] apples
//! [pid 4711] pears
//! $ echo $?
//! 7
//! ```
//!
//! 1. Replace the `todo!` in `introduce` below. Nothing else needs an edit.
//! 2. `cargo grade hello-grader` grades it; `cargo grade hint hello-grader` helps.
//! 3. A verdict names what is wrong: `cargo grade explain NAME` says more about it.
//! 4. `cargo grade reset hello-grader` brings this file back as it was.
//!
//! Calls: getpid(2), write(2), _exit(2), through `std::process::id`, `println!` and `ExitCode`.

use std::process::ExitCode;

use start::hello_grader::drive;

/// Prints `hello, grader` and then each word, and returns the exit code `code`.
///
/// - Each of them is a line of its own and begins with `[pid N] `, where N is this process's id.
/// - The exit code is `code`, whatever it is: `ExitCode::from(code)`.
fn introduce(words: &[String], code: u8) -> ExitCode {
    // TODO: print the lines with `println!("[pid {}] ...", std::process::id())`; return the code.
    todo!("say hello and {words:?}, and end with code {code}")
}

fn main() -> ExitCode {
    drive(introduce)
}
