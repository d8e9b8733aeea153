//! Driver of `shell-pipeline`: runs commands connected by pipes, prints how each of them ended.
//!
//! Usage: `shell-pipeline COMMAND [ARG...] ['|' COMMAND [ARG...]]...`
//!
//! The command `@descriptors NAME` is this program itself in another role: it copies its standard
//! input to its standard output and then says which descriptors it was given.

use std::ffi::CString;
use std::fmt;
use std::io::{self, IsTerminal};
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};

use nix::fcntl::{FcntlArg, fcntl};
use nix::sys::signal::Signal;
use nix::sys::wait::WaitStatus;

use crate::program::{Program, print_line};
use crate::witness::has_reaped_a_child;

/// The first argument of this program when it is a stage of a pipeline itself.
const STAGE: &str = "--stage";

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It exited with this code. 127 means, as in every shell: there is no such command.
    Exited(i32),
    /// This signal ended it.
    Killed(i32),
}

impl Outcome {
    /// The end that `waitpid` or `waitid` reported; `None` if the process has not ended.
    #[must_use]
    pub fn of(status: WaitStatus) -> Option<Self> {
        match status {
            WaitStatus::Exited(_, code) => Some(Self::Exited(code)),
            WaitStatus::Signaled(_, signal, _) => Some(Self::Killed(signal as i32)),
            _ => None,
        }
    }
}

impl From<ExitStatus> for Outcome {
    fn from(status: ExitStatus) -> Self {
        let code = || status.code().unwrap_or_default();
        status
            .signal()
            .map_or_else(|| Self::Exited(code()), Self::Killed)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Exited(code) => write!(formatter, "exited with code {code}"),
            Self::Killed(signal) => match Signal::try_from(signal) {
                Ok(signal) => write!(formatter, "killed by {signal}"),
                Err(_) => write!(formatter, "killed by signal {signal}"),
            },
        }
    }
}

/// What the student writes: run the commands, each one's standard output connected to the next one's
/// standard input, and return how they ended, in the order of the commands.
///
/// A command is a program's name and its arguments, the name being the first of them, as `execvp` wants them.
pub type RunPipeline = fn(commands: &[Vec<CString>]) -> io::Result<Vec<Outcome>>;

/// Runs the exercise.
#[must_use]
pub fn drive(run_pipeline: RunPipeline) -> ExitCode {
    let program = Program::begin();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let inherited = open_descriptors();
    if let [first, role, name, known @ ..] = &arguments[..]
        && first == STAGE
        && role == "descriptors"
    {
        return show_descriptors(name, &inherited, known);
    }
    let Some((names, commands)) = commands(&arguments, &inherited) else {
        eprintln!("usage: shell-pipeline COMMAND [ARG...] ['|' COMMAND [ARG...]]...");
        return ExitCode::from(2);
    };
    program.end("run_pipeline", run_pipeline(&commands), |outcomes| {
        for (name, outcome) in names.iter().zip(&outcomes) {
            print_line(&format!("{name}: {outcome}"));
        }
        if outcomes.len() != names.len() {
            let (ended, all) = (outcomes.len(), names.len());
            print_line(&format!("outcomes of {ended} commands instead of {all}"));
        }
        if !has_reaped_a_child() {
            print_line("made up: no child has run and was waited for");
        }
    })
}

/// The commands between the bars, and their names for people.
fn commands(
    arguments: &[String],
    inherited: &[String],
) -> Option<(Vec<String>, Vec<Vec<CString>>)> {
    let stages = arguments.split(|word| word == "|");
    let named = stages.map(|stage| Some((stage.first()?.clone(), command(stage, inherited)?)));
    named
        .collect::<Option<Vec<_>>>()
        .map(|all| all.into_iter().unzip())
}

fn command(stage: &[String], inherited: &[String]) -> Option<Vec<CString>> {
    let words: Vec<&str> = match stage {
        [first, name] if first == "@descriptors" => {
            let stage = ["/proc/self/exe", STAGE, "descriptors", name];
            let known = inherited.iter().map(String::as_str);
            stage.into_iter().chain(known).collect()
        }
        words => words.iter().map(String::as_str).collect(),
    };
    words
        .into_iter()
        .map(|word| CString::new(word).ok())
        .collect()
}

/// The role `@descriptors`: what did this process get from whoever started it? The descriptors that the
/// whole program was started with are known: some terminals leave a few open.
fn show_descriptors(name: &str, inherited: &[String], known: &[String]) -> ExitCode {
    let stdin = io::stdin();
    if !stdin.is_terminal()
        && let Err(error) = io::copy(&mut stdin.lock(), &mut io::stdout())
    {
        eprintln!("{name}: {error}");
        return ExitCode::FAILURE;
    }
    let leaked: Vec<&str> = inherited
        .iter()
        .filter(|number| !known.contains(number))
        .map(String::as_str)
        .collect();
    if leaked.is_empty() {
        print_line(&format!("{name}: descriptors 0, 1 and 2 are open"));
    } else {
        print_line(&format!(
            "{name}: leaked descriptors: {}",
            leaked.join(", ")
        ));
    }
    ExitCode::SUCCESS
}

/// The descriptors beyond standard error that are open now.
fn open_descriptors() -> Vec<String> {
    let open = (3..1024).filter(|&number| is_open(number));
    open.map(|number| number.to_string()).collect()
}

fn is_open(number: i32) -> bool {
    // SAFETY: the descriptor is only asked about; if it is not open, the answer is an error.
    let descriptor = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    fcntl(descriptor, FcntlArg::F_GETFD).is_ok()
}
