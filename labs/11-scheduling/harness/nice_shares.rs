//! Driver of `nice-shares`: processes compete for one CPU, and what each of them got is held against its weight.
//!
//! Usage: `nice-shares STEP STEP...`: by how much each of 2 to 8 competitors is nicer than the program; default 0 5 10.
//!
//! Times are different in every run and go to standard error. What is judged is shares.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

use crate::program::{Program, print_line};
use crate::schedule::name;
use crate::weights::weight_of;

mod contest;

pub use contest::Contest;
use contest::{Competitor, Place, own_nice};

/// A share may be off by so much, in points of the CPU's time: 69.7 % may be 68.7 % or 70.7 %.
const TOLERANCE: f64 = 1.0;

/// How much a reported time may differ from the one that was used: whoever counts in whole milliseconds cuts something off.
const ROUNDING: Duration = Duration::from_millis(1);

/// What one competitor got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// By how much it was nicer than the program: what it was asked to be, or 0 if the kernel refused that.
    pub nice: i32,
    /// The CPU time that it used in the contest, as `Contest::work` told it.
    pub cpu: Duration,
}

/// What the student writes: let a process for each step compete for one CPU, and return what they got, in the order of the steps.
pub type Compete = fn(contest: Contest, steps: &[i32]) -> io::Result<Vec<Share>>;

/// Runs the exercise.
#[must_use]
pub fn drive(compete: Compete) -> ExitCode {
    let program = Program::begin();
    let Some(steps) = steps(std::env::args().skip(1)) else {
        eprintln!("usage: nice-shares STEP STEP...: 2 to 8 numbers from -20 to 19");
        return ExitCode::from(2);
    };
    let ambient = own_nice();
    let prepared = forbid_negative_steps().and_then(|()| Ok(Contest::open(steps.len())?));
    let contest = match prepared {
        Ok(contest) => contest,
        Err(error) => {
            eprintln!("nice-shares: cannot begin: {error}");
            return ExitCode::FAILURE;
        }
    };
    let shares = compete(contest, &steps);
    program.end("compete", shares, |shares| {
        let lines = report(&steps, ambient, &shares, &contest.competitors());
        lines.iter().for_each(|line| print_line(line));
    })
}

fn steps(args: impl Iterator<Item = String>) -> Option<Vec<i32>> {
    let steps: Option<Vec<i32>> = args.map(|arg| arg.parse().ok()).collect();
    let steps = steps.map(|it| if it.is_empty() { vec![0, 5, 10] } else { it })?;
    let is_known = steps.iter().all(|step| (-20..=19).contains(step));
    (is_known && (2..=contest::MOST).contains(&steps.len())).then_some(steps)
}

/// Some may be less nice: root, who has CAP_SYS_NICE, and users whose limit is higher (RLIMIT_NICE, getrlimit(2)). Here nobody
/// is, so that everybody sees the refusal.
fn forbid_negative_steps() -> io::Result<()> {
    let mut rights = capabilities(None)?;
    if rights.effective.contains(CapabilitySet::SYS_NICE) {
        rights.effective.remove(CapabilitySet::SYS_NICE);
        set_capabilities(None, rights)?;
    }
    // The nice value may not be lowered below 20 minus the limit.
    let limit = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    Ok(setrlimit(Resource::Nice, limit)?)
}

/// What there is to say: first what was wrong with the contest, then what came of it.
fn report(
    steps: &[i32],
    ambient: i32,
    shares: &[Share],
    competitors: &[Option<Competitor>],
) -> Vec<String> {
    if competitors.iter().all(Option::is_none) {
        return vec!["made up: nobody competed".to_owned()];
    }
    let mut lines = Vec::new();
    if shares.len() != steps.len() {
        lines.push(format!("{} shares for {} steps", shares.len(), steps.len()));
    }
    let took_part: Vec<Competitor> = competitors.iter().copied().flatten().collect();
    if took_part.len() < steps.len() || took_part.iter().any(|it| it.cpu.is_zero()) {
        lines.push(
            "one after the other: there was no moment at which all competitors were there"
                .to_owned(),
        );
        return lines;
    }
    lines.extend(faults_of_contest(&took_part));
    let weights: Vec<f64> = took_part
        .iter()
        .map(|it| weight_of(it.nice) as f64)
        .collect();
    let all_used: f64 = took_part.iter().map(|it| it.cpu.as_secs_f64()).sum();
    let all_weights: f64 = weights.iter().sum();
    let nominal: u64 = shares.iter().map(|share| weight_of(share.nice)).sum();
    let mut is_close = true;
    for (number, (share, seen)) in shares.iter().zip(&took_part).enumerate() {
        let (who, asked) = (name(number), steps[number]);
        let nice = if share.nice == asked {
            format!("nice {asked}")
        } else {
            format!("nice {asked} was refused, so nice {}", share.nice)
        };
        let by_weight = 100.0 * weight_of(share.nice) as f64 / nominal as f64;
        lines.push(format!("{who} {nice}: {by_weight:.2} % by weight"));
        if (ambient + share.nice).min(19) != seen.nice {
            lines.push(format!(
                "not applied: {who} says that it was nicer by {}, and it ran with nice {} more than the program",
                share.nice,
                seen.nice - ambient
            ));
        }
        if share.cpu.abs_diff(seen.cpu) > ROUNDING {
            lines.push(format!(
                "made up: {who} did not use the CPU time that is reported"
            ));
        }
        let used = 100.0 * seen.cpu.as_secs_f64() / all_used;
        is_close &= (used - 100.0 * weights[number] / all_weights).abs() <= TOLERANCE;
        eprintln!("{who}: {:.1?}, {used:.2} % of the CPU", seen.cpu);
    }
    lines.push(if is_close {
        format!("measured: each within {TOLERANCE} point of its share")
    } else {
        format!("measured: not each within {TOLERANCE} point of its share")
    });
    lines
}

/// What keeps weights from deciding.
fn faults_of_contest(took_part: &[Competitor]) -> Vec<String> {
    let mut faults = Vec::new();
    let places: Vec<Place> = took_part.iter().map(|it| it.place).collect();
    if places.contains(&Place::Several) {
        faults.push("on several CPUs: a competitor may run on more than one".to_owned());
    } else if places.windows(2).any(|pair| pair[0] != pair[1]) {
        faults.push("on several CPUs: competitors run on different ones".to_owned());
    }
    if took_part
        .windows(2)
        .any(|pair| pair[0].session != pair[1].session)
    {
        faults.push(
            "in several sessions: competitors of different sessions do not compete by weight"
                .to_owned(),
        );
    }
    faults
}
