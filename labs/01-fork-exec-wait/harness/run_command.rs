//! Driver of `run-command`: reads a command line, has it run, says how it ended, and ends like a shell would.
//!
//! Usage: `run-command [--env NAME=VALUE]… [--file NAME=TEXT]… [--input FILE] [--output FILE] PROGRAM [ARG]…`.
//! `--file` writes a file first, so that there is something to redirect from. The program's exit code is the
//! command's; 128 + n when signal n has killed it; 127 when there is no such program or file, 126 when
//! it cannot be started for another reason.
//!
//! `run-command --descriptors` is a command to run: it says which descriptors it finds open beyond 2.
//! `/proc/self/exe` is the path under which it finds itself.

use std::collections::BTreeMap;
use std::ffi::{CString, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::getpid;

use crate::program::{Program, print_line, say};
use crate::witness::{ChildWitness, close_inherited_at_exec, report_leaked_descriptors};

/// A command that is to be run.
#[derive(Debug, Clone, Default)]
pub struct CommandLine {
    /// The program: a path if it contains a slash, otherwise a name to be looked up in PATH.
    pub program: String,
    /// Its arguments, without the program's name.
    pub arguments: Vec<String>,
    /// Variables to be set for the command, and for nobody else.
    pub environment: Vec<(String, String)>,
    /// The file that becomes its standard input; none: the caller's.
    pub input: Option<PathBuf>,
    /// The file that becomes its standard output, made if it is missing and emptied if it is there;
    /// none: the caller's.
    pub output: Option<PathBuf>,
}

impl CommandLine {
    /// The arguments as exec(3) wants them: the program's name first.
    #[must_use]
    pub fn argv(&self) -> Vec<CString> {
        std::iter::once(&self.program)
            .chain(&self.arguments)
            .map(|argument| c_string(argument.clone().into_bytes()))
            .collect()
    }

    /// The whole environment as exec(3) wants it: the caller's, with the command's variables on top.
    #[must_use]
    pub fn envp(&self) -> Vec<CString> {
        let mut all: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
        for (name, value) in &self.environment {
            all.insert(name.into(), value.into());
        }
        all.into_iter()
            .map(|(mut entry, value)| {
                entry.push("=");
                entry.push(value);
                c_string(entry.into_vec())
            })
            .collect()
    }
}

/// Arguments and variables come from the kernel as strings that end at a zero byte.
fn c_string(bytes: Vec<u8>) -> CString {
    CString::new(bytes).expect("an argument or variable of a process contains no zero byte")
}

/// How the command ended, or why it did not start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It ran and exited with this code.
    Exited(i32),
    /// It ran and was killed by this signal.
    Killed(Signal),
    /// It never ran: a redirection or exec itself failed with this error.
    NotStarted(Errno),
}

/// What the student writes: run the command, wait for it, and say how it ended.
pub type RunCommand = fn(command: &CommandLine) -> io::Result<Ending>;

/// Runs the exercise.
#[must_use]
pub fn drive(run_command: RunCommand) -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments == ["--descriptors"] {
        say("runs as a command");
        report_leaked_descriptors();
        return ExitCode::SUCCESS;
    }
    let program = Program::begin();
    let command = match parse(arguments) {
        Ok(command) => command,
        Err(error) => {
            eprintln!(
                "usage: run-command [--env NAME=VALUE]… [--file NAME=TEXT]… [--input FILE] [--output FILE] PROGRAM [ARG]…: {error}"
            );
            return ExitCode::from(2);
        }
    };
    close_inherited_at_exec();
    let environment: Vec<_> = std::env::vars_os().collect();
    let children = ChildWitness::begin();
    print_line(&format!("the caller is [pid {}]", getpid()));

    let ending = run_command(&command);

    program.only_the_parent_returns_from("run_command");
    // A missing file can be found out before there is a process, a missing program cannot: only exec knows.
    if command.input.as_ref().is_none_or(|path| path.exists()) {
        children.report_missing_child();
    }
    if !environment.into_iter().eq(std::env::vars_os()) {
        print_line("the caller's own environment has changed");
    }
    if let Some(path) = &command.output {
        match fs::read_to_string(path) {
            Ok(text) => text.lines().for_each(|line| {
                print_line(&format!("{}: {line}", path.display()));
            }),
            Err(_) => print_line(&format!("{}: there is no such file", path.display())),
        }
    }
    match ending {
        Ok(ending) => {
            print_line(&describe(ending));
            ExitCode::from(shell_code(ending))
        }
        Err(error) => {
            eprintln!("run_command failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn describe(ending: Ending) -> String {
    match ending {
        Ending::Exited(code) => format!("exit code {code}"),
        Ending::Killed(signal) => format!("killed by {signal}"),
        Ending::NotStarted(errno) => format!("not started: {errno:?}"),
    }
}

/// What a shell says in `$?`.
fn shell_code(ending: Ending) -> u8 {
    let code = match ending {
        Ending::Exited(code) => code,
        Ending::Killed(signal) => 128 + signal as i32,
        Ending::NotStarted(Errno::ENOENT) => 127,
        Ending::NotStarted(_) => 126,
    };
    u8::try_from(code).unwrap_or(u8::MAX)
}

fn parse(arguments: Vec<String>) -> Result<CommandLine, String> {
    let mut command = CommandLine::default();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let mut value = || {
            let value = arguments.next();
            value.ok_or_else(|| format!("{argument} needs a value"))
        };
        match argument.as_str() {
            "--env" => command.environment.push(pair(&value()?)?),
            "--file" => {
                let (name, text) = pair(&value()?)?;
                fs::write(&name, text + "\n").map_err(|error| format!("{name}: {error}"))?;
            }
            "--input" => command.input = Some(value()?.into()),
            "--output" => command.output = Some(value()?.into()),
            _ => {
                command.program = argument;
                command.arguments = arguments.collect();
                return Ok(command);
            }
        }
    }
    Err("which program?".into())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or_else(|| format!("`{text}` is not of the form NAME=VALUE"))?;
    Ok((name.into(), value.into()))
}
