//! The driver: reads lines, has them executed, tells what has become of jobs.
//!
//! Usage: `shell [-m] [--slow-list] [LINE]...`
//!
//! Lines that are given as arguments are executed one after the other. Without any, lines are read from standard input. Job control
//! is on where that is a terminal, and with `-m`. With `--slow-list`, adding a job to the list takes until the job's processes have
//! ended or stopped: as it might on a busy machine.

use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::ExitCode;

use nix::errno::Errno;

use crate::jobs::Jobs;
use crate::program::{Program, print_line};
use crate::syntax::{Line, parse};

const USAGE: &str = "usage: shell [-m] [--slow-list] [LINE]...";

/// What a terminal shows when the shell is ready for a line.
const PROMPT: &str = "$ ";

/// The statuses of lines that Ctrl-C has ended or Ctrl-Z has stopped.
const BY_KEYS: [i32; 2] = [128 + nix::libc::SIGINT, 128 + nix::libc::SIGTSTP];

/// The shell, as far as it outlives a line.
#[derive(Debug, Default)]
pub struct Shell {
    /// The jobs that were started and are not over. Empty without job control.
    pub jobs: Jobs,
    /// Whether lines become jobs, each in a process group of its own.
    pub job_control: bool,
    is_in_terminal: bool,
    status: i32,
    leaving: Option<i32>,
}

impl Shell {
    /// The terminal that the shell is used in; `None` where it is used otherwise.
    #[must_use]
    pub fn terminal(&self) -> Option<BorrowedFd<'static>> {
        // SAFETY: descriptor 0 is only borrowed, and nobody closes it as long as the shell runs.
        let stdin = unsafe { BorrowedFd::borrow_raw(0) };
        self.is_in_terminal.then_some(stdin)
    }

    /// The status of the line before: what `$?` stands for.
    #[must_use]
    pub fn status(&self) -> i32 {
        self.status
    }

    /// Ends the shell with this code, once the present line is done.
    pub fn leave(&mut self, code: i32) {
        self.leaving = Some(code);
    }
}

/// What the student writes: executes a line and returns its status.
pub type Execute = fn(line: &Line, shell: &mut Shell) -> io::Result<i32>;

/// What the student writes: something that the shell does by itself.
pub type Deed = fn(shell: &mut Shell) -> io::Result<()>;

/// Runs the shell. `update` is called before each line if there is job control, `prepare` once if there is a terminal.
#[must_use]
pub fn drive(execute: Execute, update: Deed, prepare: Deed) -> ExitCode {
    let program = Program::begin();
    let mut shell = Shell::default();
    let mut lines = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "-m" => shell.job_control = true,
            "--slow-list" => shell.jobs.is_slow = true,
            option if lines.is_empty() && option.starts_with('-') => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
            _ => lines.push(argument),
        }
    }
    let mut source = if lines.is_empty() {
        Source::Input
    } else {
        Source::Given(lines.into_iter())
    };
    if matches!(source, Source::Input) && io::stdin().is_terminal() {
        shell.is_in_terminal = true;
        shell.job_control = true;
        if let Err(error) = prepare(&mut shell) {
            eprintln!("shell: prepare failed: {error}");
        }
    }
    loop {
        if shell.job_control {
            let updated = update(&mut shell);
            program.only_the_parent_returns_from("update");
            if let Err(error) = updated {
                eprintln!("shell: update failed: {error}");
            }
            shell.jobs.tell_changes();
        }
        if let Some(code) = shell.leaving {
            return exit_code(code);
        }
        match source.next(&shell) {
            Ok(Some(line)) => {
                run(&line, execute, &mut shell, &program);
                if shell.is_in_terminal && BY_KEYS.contains(&shell.status) {
                    // Nothing is to stand behind `^C`.
                    print_line("");
                }
            }
            Ok(None) => {
                if shell.is_in_terminal {
                    print_line("");
                }
                return exit_code(shell.status);
            }
            Err(Errno::EIO) => {
                print_line("the shell is not in the foreground: it cannot read");
                return ExitCode::FAILURE;
            }
            Err(error) => {
                eprintln!("shell: cannot read: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
}

fn run(line: &str, execute: Execute, shell: &mut Shell, program: &Program) {
    shell.status = match parse(line, shell.status) {
        Ok(None) => return,
        Ok(Some(line)) if line.background && !shell.job_control => {
            eprintln!("shell: `&` needs job control: a terminal, or the option -m");
            2
        }
        Ok(Some(line)) => {
            let done = execute(&line, shell);
            program.only_the_parent_returns_from("execute");
            done.unwrap_or_else(|error| {
                eprintln!("shell: {error}");
                1
            })
        }
        Err(message) => {
            eprintln!("shell: {message}");
            2
        }
    };
}

fn exit_code(status: i32) -> ExitCode {
    // As `_exit(2)` does: the low eight bits.
    let [code, ..] = status.to_le_bytes();
    ExitCode::from(code)
}

/// Where lines come from.
enum Source {
    Given(std::vec::IntoIter<String>),
    Input,
}

impl Source {
    fn next(&mut self, shell: &Shell) -> nix::Result<Option<String>> {
        match self {
            Self::Given(lines) => Ok(lines.next()),
            Self::Input => {
                if shell.is_in_terminal {
                    let mut stdout = io::stdout().lock();
                    // A terminal that has gone away is seen at once when it is read.
                    let _ = stdout.write_all(PROMPT.as_bytes());
                    let _ = stdout.flush();
                }
                read_line()
            }
        }
    }
}

/// Reads a line byte by byte: what follows it is for the command that the line starts.
fn read_line() -> nix::Result<Option<String>> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match nix::unistd::read(io::stdin().as_fd(), &mut byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte == *b"\n" => break,
            Ok(_) => line.push(byte[0]),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(Some(String::from_utf8_lossy(&line).into_owned()))
}
