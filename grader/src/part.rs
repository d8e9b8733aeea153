//! The other parts that a grading program plays: it executes itself again as the runner of one case, as the builder, or to try what
//! the host can do.
//!
//! Every program that grades asks this first, because `/proc/self/exe` is what it executes.

use std::process::ExitCode;

use crate::grade::needs;
use crate::sandbox::{BUILDER_ARGUMENT, RUNNER_ARGUMENT, builder, runner};

/// Plays the part that the arguments name, and says how it ended; `None` where they name none.
///
/// Call it before anything else is done: runner and builder stay a single thread with nothing open.
#[must_use]
pub fn take() -> Option<ExitCode> {
    match std::env::args_os().nth(1) {
        Some(argument) if argument == RUNNER_ARGUMENT => return Some(runner::main()),
        Some(argument) if argument == BUILDER_ARGUMENT => return Some(builder::main()),
        _ => {}
    }
    let mut arguments = std::env::args().skip(1);
    let is_asked = arguments
        .next()
        .is_some_and(|argument| argument == needs::NEEDS_ARGUMENT);
    is_asked.then(|| needs::main(arguments))
}
