//! Driver of `make-zombie`: prints what was shown while the child was a zombie, and how it had ended.
//!
//! Usage: `make-zombie [--name NAME] [ENDING…]`. An ENDING is an exit code, or minus the number of a signal. NAME is the
//! name of the processes, as ps shows it.

use std::cell::Cell;
use std::ffi::CString;
use std::process::ExitCode;

use nix::sys::prctl;
use nix::sys::wait::WaitStatus;
use nix::unistd::{Pid, getpid};

use crate::ending::{self, in_words};
use crate::kernel::{has_ended, row, wait_until};
use crate::program::{Program, print_line, say};

/// How the child is to end.
#[derive(Debug, Clone, Copy)]
pub struct Ending(ending::Ending);

impl Ending {
    /// Says how the calling process, which must be the child, is to end. By a signal: then this does not return. By itself:
    /// then this returns the exit code to leave with.
    #[must_use]
    pub fn approach(&self) -> i32 {
        say("comes to its end");
        self.0.approach()
    }
}

/// Shows a line of the process table to the user.
#[derive(Debug, Default)]
pub struct Display {
    used: Cell<bool>,
}

impl Display {
    /// Shows the state of a process, which must be a zombie at the moment at which this is called. `state_of` reads the state of
    /// the process that it is given, whichever that is: what only zombies are asked for could be known without reading.
    pub fn show(&self, process: Pid, state_of: impl Fn(Pid) -> nix::Result<char>) {
        self.used.set(true);
        let Some(row) = row(process) else {
            print_line("no zombie: the process that is shown is not there any more");
            return;
        };
        if row.state != 'Z' {
            print_line("no zombie: the process that is shown has not ended");
            return;
        }
        // A tracer is told of the end first. When it has let the zombie go, its record shows the end before what comes now.
        wait_until(|| has_ended(process));
        let parent = row.parent;
        let state = match state_of(process) {
            Ok(state) => state,
            Err(error) => {
                print_line(&format!("misread: the state was not found: {error}"));
                return;
            }
        };
        print_line(&format!(
            "process [pid {process}], a child of [pid {parent}], is in state {state}"
        ));
        if state != row.state {
            print_line(&format!("misread: the kernel says {}", row.state));
        } else if state_of(getpid()) == Ok('Z') {
            // Whoever asks lives.
            print_line("assumed: the same is said of a process that has not ended");
        }
    }
}

/// What the student writes: make a zombie, show it, reap it, and return how it had ended.
pub type MakeZombie = fn(ending: &Ending, display: &Display) -> nix::Result<WaitStatus>;

/// Runs the exercise.
#[must_use]
pub fn drive(make_zombie: MakeZombie) -> ExitCode {
    let program = Program::begin();
    let Some((name, endings)) = arguments() else {
        eprintln!(
            "usage: make-zombie [--name NAME] [ENDING…]: exit codes, or signals as negative numbers"
        );
        return ExitCode::from(2);
    };
    if let Some(name) = name
        && let Err(error) = prctl::set_name(&name)
    {
        eprintln!("make-zombie cannot set its name: {error}");
        return ExitCode::FAILURE;
    }
    let mut statuses = Ok(());
    for ending in endings {
        let display = Display::default();
        let result = make_zombie(&Ending(ending), &display);
        program.only_the_parent_returns_from("make_zombie");
        match result {
            Ok(status) => {
                if !display.used.get() {
                    print_line("no zombie: nothing was shown");
                }
                print_line(&format!("and it was reaped: {}", in_words(status)));
            }
            Err(error) => {
                statuses = Err(error);
                break;
            }
        }
    }
    program.end("make_zombie", statuses, |()| {})
}

fn arguments() -> Option<(Option<CString>, Vec<ending::Ending>)> {
    let mut words = std::env::args().skip(1).peekable();
    let name = match words.next_if(|word| word == "--name") {
        Some(_) => Some(CString::new(words.next()?).ok()?),
        None => None,
    };
    let endings: Vec<ending::Ending> =
        words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    if endings.is_empty() {
        return Some((name, vec![ending::Ending::Code(0)]));
    }
    (endings.len() <= 20).then_some((name, endings))
}
