//! Driver of `switch-cost`: two processes hand a ball to and fro, and what that took is broken down.
//!
//! Usage: `switch-cost [ROUNDS]` (default 1000, from 1 to 100000).
//!
//! Times are different in every run and go to standard error. What is judged is what was measured, and that the figure follows
//! from it.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};

use crate::program::{Program, print_line};

mod rally;

pub use rally::Rally;
use rally::{Reading, Strokes};

/// What the arithmetic may lose where times are divided.
const ROUNDING: Duration = Duration::from_nanos(10);

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// How long all the rounds took together.
    pub rounds_took: Duration,
    /// How often a byte was written and read again by one process alone.
    pub pairs: u32,
    /// How long all these pairs of calls took together.
    pub pairs_took: Duration,
    /// What follows: the cost of one context switch.
    pub switch: Duration,
}

/// What the student writes: measure the cost of a context switch.
pub type Measure = fn(rally: Rally) -> io::Result<Figures>;

/// Runs the exercise.
#[must_use]
pub fn drive(measure: Measure) -> ExitCode {
    let program = Program::begin();
    let rounds = std::env::args().nth(1).map_or(Ok(1000), |arg| arg.parse());
    let Some(rounds) = rounds.ok().filter(|rounds| (1..=100_000).contains(rounds)) else {
        eprintln!("usage: switch-cost [ROUNDS]: a number from 1 to 100000");
        return ExitCode::from(2);
    };
    let rally = match Rally::open(rounds) {
        Ok(rally) => rally,
        Err(error) => {
            eprintln!("switch-cost: no shared memory: {error}");
            return ExitCode::FAILURE;
        }
    };
    let before = switches();
    let figures = measure(rally);
    let switched = switches() - before;
    program.end("measure", figures, |figures| {
        let strokes = rally.strokes();
        let readings = rally.readings();
        for line in report(rounds, figures, &strokes, &readings, switched) {
            print_line(&line);
        }
    })
}

/// How often this process and its children that it has waited for have given up the CPU or lost it.
fn switches() -> i64 {
    let of = |who| {
        getrusage(who).map_or(0, |it| {
            it.voluntary_context_switches() + it.involuntary_context_switches()
        })
    };
    of(UsageWho::RUSAGE_SELF) + of(UsageWho::RUSAGE_CHILDREN)
}

fn report(
    rounds: u32,
    figures: Figures,
    strokes: &Strokes,
    readings: &[Reading],
    switched: i64,
) -> Vec<String> {
    if strokes.by_child == 0 {
        return vec!["made up: nobody but the program itself has had the ball".to_owned()];
    }
    let mut lines = Vec::new();
    if strokes.out_of_turn > 0 {
        lines.push("out of turn: a process had the ball twice in a row".to_owned());
    }
    if !strokes.on_one_cpu {
        lines.push(
            "on several CPUs: the two processes are not bound to one CPU, the same one".to_owned(),
        );
    }
    let enough = switched >= 2 * i64::from(rounds);
    let and = if enough { "with" } else { "without" };
    lines.push(format!(
        "{rounds} rounds between two processes, {and} two context switches for each of them"
    ));
    lines.extend(clock_faults(rounds, figures, readings));
    let per_round = figures.rounds_took / rounds;
    let per_pair = figures
        .pairs_took
        .checked_div(figures.pairs)
        .unwrap_or_default();
    let expected = (per_round / 2).saturating_sub(per_pair);
    let is_close = |wanted: Duration| figures.switch.abs_diff(wanted) <= ROUNDING;
    if figures.pairs == 0 || is_close(per_round / 2) && !is_close(expected) {
        lines.push("not subtracted: the cost of the system calls is in the figure".to_owned());
    } else if is_close(expected) {
        lines.push("a switch: half a round, less a write and a read".to_owned());
    } else {
        lines.push("the figure does not follow from what was measured".to_owned());
    }
    eprintln!(
        "a round took {per_round:.1?}, a write and a read {per_pair:.1?}: a switch costs {:.1?}",
        figures.switch
    );
    lines
}

/// The times that are reported must be differences of two readings of the clock, and what happened between them tells what
/// they are the times of.
fn clock_faults(rounds: u32, figures: Figures, readings: &[Reading]) -> Vec<String> {
    let mut lines = Vec::new();
    let strokes = u64::from(rounds) * 2;
    let spans = || {
        let later = |(number, from): (usize, &Reading)| {
            let from = *from;
            readings[number + 1..]
                .iter()
                .map(move |until| (from, *until))
        };
        readings.iter().enumerate().flat_map(later)
    };
    let took = |wanted: Duration| {
        spans().filter(move |(from, until)| {
            until.time.saturating_sub(from.time).abs_diff(wanted) <= ROUNDING
        })
    };
    let is_all_rounds =
        |(from, until): &(Reading, Reading)| until.strokes - from.strokes == strokes;
    let mut of_rounds = took(figures.rounds_took).peekable();
    if of_rounds.peek().is_none() {
        lines.push("made up: the time of the rounds was not read from the clock".to_owned());
    } else if let Some((from, _)) = took(figures.rounds_took).find(is_all_rounds) {
        if from.by_child == 0 {
            lines.push("with the creation of a process: the clock ran before the other one had had the ball".to_owned());
        }
    } else if of_rounds.any(|(from, _)| from.by_child == 0) {
        lines.push(
            "with the creation of a process: the clock ran before the other one had had the ball"
                .to_owned(),
        );
    } else {
        lines.push(format!("the time is not that of {rounds} rounds"));
    }
    let is_alone = |(from, until): &(Reading, Reading)| until.strokes == from.strokes;
    let pairs = u64::from(figures.pairs);
    let has_calls = |(from, until): &(Reading, Reading)| match (from.calls, until.calls) {
        (Some(before), Some(after)) => {
            // A look at the account is a read as well: the one at the beginning.
            let [reads, writes] = [0, 1].map(|it| after[it] - before[it]);
            writes >= pairs && reads > pairs
        }
        // Not every kernel counts them.
        _ => true,
    };
    let mut alone = took(figures.pairs_took).filter(is_alone).peekable();
    if pairs > 0 && alone.peek().is_none() {
        lines.push("made up: the time of the calls was not read from the clock".to_owned());
    } else if pairs > 0 && !alone.any(|span| has_calls(&span)) {
        lines.push(format!(
            "not subtracted: in the time of the {pairs} pairs there were fewer writes, or fewer reads"
        ));
    }
    lines
}
