//! The grader's command: `cargo grade`.

use std::process::ExitCode;

use grader::grade::needs;
use grader::sandbox::{BUILDER_ARGUMENT, RUNNER_ARGUMENT, builder, interrupt, runner};

fn main() -> ExitCode {
    // The runner of one case and the builder are this same binary, and must be asked for before anything else is done: they
    // stay a single thread with nothing open.
    match std::env::args_os().nth(1) {
        Some(argument) if argument == RUNNER_ARGUMENT => return runner::main(),
        Some(argument) if argument == BUILDER_ARGUMENT => return builder::main(),
        _ => {}
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
