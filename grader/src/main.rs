//! The grader's command: `cargo grade`.

use std::process::ExitCode;

use grader::grade::needs;
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
    let mut arguments = std::env::args().skip(1);
    if arguments
        .next()
        .is_some_and(|argument| argument == needs::NEEDS_ARGUMENT)
    {
        return needs::main(arguments);
    }
    let exit = grader::cli::run(std::env::args_os());
    interrupt::end_as_requested();
    exit.into()
}
