//! The instructor's commands: a class graded, merged, explained.
//!
//! Owns what is about many submissions: finding them, reading archives and rosters, judging side by side, results that survive a crash,
//! gradebooks. One submission is judged by the grader's library, in processes of its own; nothing here decides a point.
//!
//! # Layout, in the order in which to read it
//!
//! - [`roster`]: who is in the class. [`entries`]: what lies in the folder, and whose it is. [`taken`]: what is taken of it, with [`archive`]
//!   and [`git`]. [`workflow`]: whether a repository's own workflow is the course's.
//! - [`run`]: the class run. [`worker`]: the processes that judge. [`progress`]: how far it is. [`shard`]: parts of a class.
//! - [`store`]: results on disk. [`class`]: manifest and results, read back. [`merge`]: parts put together. [`explain_record`]: a kept run
//!   told again.
//! - [`policy`]: what marks become after the verdict. [`outputs`]: what is made of all that.
//! - [`similarity`]: answers in the forms of programs that look for copies.

mod archive;
mod class;
mod entries;
mod explain_record;
mod git;
mod merge;
mod outputs;
mod policy;
mod progress;
mod roster;
mod run;
mod shard;
mod similarity;
mod store;
mod taken;
mod worker;
mod workflow;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser as _;
use grader::cli::args::{Arguments, Command};
use grader::cli::exit::Exit;
use grader::cli::screen::Screen;
use grader::course::Course;
use grader::grade::{ErrorKind, GradeError};
use grader::part;
use grader::report::style::Style;
use grader::report::visible;
use grader::sandbox::interrupt;

fn main() -> ExitCode {
    if let Some(ended) = part::take() {
        return ended;
    }
    if std::env::args_os()
        .nth(1)
        .is_some_and(|it| it == worker::WORKER_ARGUMENT)
    {
        return worker::main();
    }
    let exit = match Arguments::try_parse() {
        Ok(arguments) => obey(arguments).unwrap_or_else(|failure| {
            let text = format!("error: failed to {:#}\n", failure.error);
            // Nobody is left to be told that the terminal has gone away.
            let _ = write!(
                std::io::stderr(),
                "{}",
                visible::lines(&text, Style::plain())
            );
            failure.exit
        }),
        Err(refusal) => {
            let _ = refusal.print();
            if refusal.use_stderr() {
                Exit::Usage
            } else {
                Exit::Success
            }
        }
    };
    interrupt::end_as_requested();
    exit.into()
}

/// Why a command has no result, and the exit code.
#[derive(Debug)]
struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    /// The command line asks for something that does not fit.
    fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit: Exit::Usage,
            error: error.into(),
        }
    }

    /// Grading could not begin.
    fn of_grading(error: GradeError) -> Self {
        let exit = match error.kind() {
            ErrorKind::Description => Exit::Usage,
            ErrorKind::Interrupted => Exit::Interrupted,
            ErrorKind::Infrastructure | ErrorKind::Submission => Exit::Infrastructure,
        };
        Self {
            exit,
            error: error.into(),
        }
    }

    /// The same failure, with the step that failed in front.
    fn while_it(self, step: &'static str) -> Self {
        Self {
            error: self.error.context(step),
            ..self
        }
    }
}

/// What is not said to be something else is this machine's fault.
impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self {
            exit: Exit::Infrastructure,
            error: error.into(),
        }
    }
}

fn obey(arguments: Arguments) -> Result<Exit, Failure> {
    let here = std::env::current_dir().context("read the current folder")?;
    let course = Course::find(&here).map_err(Failure::usage)?;
    let screen = Screen::detect(arguments.letters());
    match arguments.command {
        Some(Command::Class(arguments)) => run::run(&course, &arguments),
        Some(Command::Merge(arguments)) => merge::run(&course, &arguments),
        Some(Command::ExplainRecord(arguments)) => {
            explain_record::run(&course, &arguments, screen.stdout)
        }
        _ => {
            let error = anyhow::anyhow!("this program has only: class, merge, explain-record");
            Err(Failure::usage(error).while_it("understand the command line"))
        }
    }
}

/// Writes to standard output. A reader that has gone away has read enough.
fn say(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
