//! The grader's command: `cargo grade`.

use std::process::ExitCode;

use grader::sandbox::{RUNNER_ARGUMENT, interrupt, runner};

fn main() -> ExitCode {
    // The runner of one case is this same binary, and must be asked for before anything else is done: it
    // stays a single thread with nothing open.
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == RUNNER_ARGUMENT)
    {
        return runner::main();
    }
    let exit = grader::cli::run(std::env::args_os());
    interrupt::end_as_requested();
    exit.into()
}
