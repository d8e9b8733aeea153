//! Driver of `terminate`: a computation that takes for ever, and what came of stopping it.
//!
//! Usage: `terminate [STEPS]` (default 5): after how many steps of the factorial it is to be stopped.
//!
//! The computation is long by construction: the step behind the last that is wanted never ends. So how far it has come does not
//! depend on who runs when, and a process that is not stopped does not end.

use std::io;
use std::process::ExitCode;

use nix::unistd::{Pid, getpid, pause};
use num_bigint::BigUint;

use crate::program::{Program, print_line, say};
use crate::watch;

/// The most steps: a line of the last one is still far shorter than PIPE_BUF.
const MOST_STEPS: u32 = 500;

/// What the student writes: computes the factorial in a process of its own, stops that with SIGTERM as soon as it has
/// reported `steps` steps, and tells what has become of it.
pub type Terminate = fn(factorial: &mut Factorial, steps: u32) -> io::Result<Stopped>;

/// A factorial that is computed step by step, and is never finished.
#[derive(Debug)]
pub struct Factorial {
    driver: Pid,
    wanted: u32,
    last: Step,
}

/// A step of the computation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number, from 1.
    pub number: u32,
    /// The factorial of the number.
    pub value: BigUint,
}

/// What has become of the process that computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopped {
    /// Its exit code, or −n if signal n has ended it.
    pub code: i32,
    /// The last step that it reported.
    pub last: Option<Step>,
}

impl Factorial {
    /// Computes the next step, which takes its time.
    pub fn step(&mut self) -> Step {
        let is_first = self.last.number == 0;
        if getpid() == self.driver {
            if is_first {
                say("the factorial is computed in no process of its own");
            }
        } else {
            if is_first {
                watch::end_with(self.driver);
                say("computes");
            }
            if self.last.number == self.wanted {
                // The long part: only a signal ends it.
                loop {
                    pause();
                }
            }
        }
        self.last.number += 1;
        self.last.value *= self.last.number;
        self.last.clone()
    }
}

impl Step {
    /// The step as a line, with the newline.
    #[must_use]
    pub fn to_line(&self) -> String {
        format!("{} {}\n", self.number, self.value)
    }

    /// The step that a line tells of, with or without the newline.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        let (number, value) = line.trim_end().split_once(' ')?;
        Some(Self {
            number: number.parse().ok()?,
            value: value.parse().ok()?,
        })
    }
}

/// Runs the exercise.
#[must_use]
pub fn drive(terminate: Terminate) -> ExitCode {
    let program = Program::begin();
    let argument = std::env::args().nth(1).unwrap_or_else(|| "5".into());
    let steps = argument.parse().ok();
    let Some(steps) = steps.filter(|steps| (1..=MOST_STEPS).contains(steps)) else {
        eprintln!("usage: terminate [STEPS]: `{argument}` is no number from 1 to {MOST_STEPS}");
        return ExitCode::from(2);
    };
    print_line(&format!("the parent is [pid {}]", getpid()));
    let mut factorial = Factorial {
        driver: getpid(),
        wanted: steps,
        last: Step {
            number: 0,
            value: BigUint::from(1_u32),
        },
    };

    let stopped = terminate(&mut factorial, steps);

    program.only_the_parent_returns_from("terminate");
    if watch::has_children() {
        print_line("the process that was terminated has not been waited for");
    }
    program.end("terminate", stopped, |Stopped { code, last }| {
        match last {
            Some(Step { number, value }) => print_line(&format!("it came to {number}! = {value}")),
            None => print_line("it did not come to the first step"),
        }
        let by_itself = if code < 0 {
            ""
        } else {
            ": it had ended by itself before it was stopped"
        };
        print_line(&format!("exit code {code}{by_itself}"));
    })
}
