//! The student's loop: `cargo grade watch`.
//!
//! Owns the terminal while it runs, and nothing else: grading, timelines and resetting are done by the grader's own commands, as
//! processes, so that a run that was overtaken by a newer save can be ended, and nothing that goes wrong there reaches the screen's state.
//!
//! # Layout, in the order in which to read it
//!
//! - [`state`]: what is known and shown, and what each event makes of it; no I/O.
//! - [`panes`]: the texts on the screen. [`view`]: where on the screen they are. [`paint`]: colors of the grader's texts.
//! - [`files`]: saves. [`job`]: commands of the grader. [`session`]: the loop that connects all of these.
//! - [`screen`]: the terminal, whole again on every exit. [`plain`]: lines only.

mod files;
mod job;
mod paint;
mod panes;
mod plain;
mod screen;
mod session;
mod state;
mod view;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use grader::cli::screen::Letters;
use grader::course::Course;

/// Grades on save.
#[derive(Debug, Parser)]
#[command(name = "grader-watch", bin_name = "cargo grade watch", version)]
struct Arguments {
    /// The exercise to begin with.
    exercise: Option<String>,
    /// Print each verdict below the one before, and redraw nothing.
    #[arg(long)]
    plain: bool,
    /// Use the letters of ASCII only, whatever the locale says.
    #[arg(long)]
    ascii: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match watch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("error: failed to {error:#}"));
            ExitCode::from(3)
        }
    }
}

fn watch(arguments: &Arguments) -> anyhow::Result<()> {
    let here = std::env::current_dir().context("read the current folder")?;
    let course = Course::find(&here)?;
    let begin = match &arguments.exercise {
        Some(name) => Some(course.exercise(name)?.name().to_owned()),
        None => None,
    };
    let letters = if arguments.ascii {
        Letters::Ascii
    } else {
        Letters::OfTheLocale
    };
    // A terminal that can only add lines cannot be drawn on.
    let is_dumb = std::env::var_os("TERM").is_some_and(|it| it == "dumb");
    let wants_lines = arguments.plain || is_dumb || !std::io::stdout().is_terminal();
    if wants_lines {
        plain::run(&course, begin.as_deref(), letters)
    } else {
        screen::run(&course, begin.as_deref(), letters)
    }
}

#[expect(clippy::print_stderr, reason = "the program is the command line's")]
fn complain(text: &str) {
    eprintln!("{text}");
}
