//! Evidence: what the record of a run shows beside its output.
//!
//! Each expectation of `course::evidence` has one function here, which answers with the first fault that it sees, if any. This module
//! knows when an answer can be given at all, gives faults their rank and diagnosis, and says what counts where nothing was
//! observed (see the points in [`super`]).
//!
//! A message states numbers only where every run of the same program has the same: never times, CPU time or counts of
//! polling calls.

use super::{Expected, Rank, Ranked, named};
use crate::course::evidence::{Claim, Evidence};
use crate::record::{Ending, Record};

mod index;

pub(super) mod authors;
mod calls;
mod communication;
mod descriptors;
mod order;
mod processes;
mod signals;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod written;

use index::Index;

/// What became of one expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Held,
    /// It does not.
    Failed(Box<Ranked>),
    /// Nobody can tell.
    NotObserved(Why),
}

/// Why nobody can tell whether an expectation holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// This host did not let the run be traced.
    NotTraced,
    /// The run had more events than are kept.
    Cut,
}

/// Holds a record against everything that the exercise and the case expect of it, in the order of `lab.toml`.
pub(super) fn check(expected: &Expected<'_>, record: &Record) -> Vec<Outcome> {
    let mut stated = expected.exercise.evidence(expected.case).peekable();
    if stated.peek().is_none() {
        return Vec::new();
    }
    let why = match record {
        Record { traced: false, .. } => Some(Why::NotTraced),
        Record {
            events_cut: true, ..
        } => Some(Why::Cut),
        _ => None,
    };
    if let Some(why) = why {
        return stated.map(|_| Outcome::NotObserved(why)).collect();
    }
    let index = Index::of(record);
    stated
        .map(|evidence| outcome(expected, &index, evidence))
        .collect()
}

fn outcome(expected: &Expected<'_>, index: &Index<'_>, evidence: &Evidence) -> Outcome {
    let fault = evidence
        .claims()
        .find_map(|claim| judge(index, claim, expected.arguments));
    // What a run has not done when it is ended from outside says nothing; what it has done wrong may be the cause.
    let endless = matches!(index.record.ending, Ending::Hung | Ending::Exceeded { .. });
    match fault {
        Some(fault) if !endless || fault.rank == Rank::Misuse => {
            let diagnosis = named(evidence.diagnosis.as_ref(), fault.own);
            Outcome::Failed(Box::new(expected.finding(
                fault.rank,
                diagnosis,
                fault.message,
            )))
        }
        _ => Outcome::Held,
    }
}

fn judge(index: &Index<'_>, claim: Claim<'_>, arguments: usize) -> Option<Fault> {
    match claim {
        Claim::Forked(it) => processes::forked(index, it, arguments),
        Claim::Threads(it) => processes::threads(index, it, arguments),
        Claim::Parallel(it) => processes::parallel(index, it),
        Claim::UnreapedAtOnce(it) => processes::unreaped_at_once(index, it, arguments),
        Claim::Reaped(it) => processes::reaped(index, it),
        Claim::Zombies(it) => processes::zombies(index, it, arguments),
        Claim::Adopted(it) => processes::adopted(index, it, arguments),
        Claim::Executed(it) => processes::executed(index, it, arguments),
        Claim::Named(it) => processes::named(index, it),
        Claim::Ended(it) => processes::ended(index, it),
        Claim::Closed(it) => descriptors::closed(index, it),
        Claim::NoLeakAtExec(it) => descriptors::no_leak_at_exec(index, it),
        Claim::NoneLeftOpen(it) => descriptors::none_left_open(index, it),
        Claim::NoneClosedTwice(it) => descriptors::none_closed_twice(index, it),
        Claim::Transferred(it) => communication::transferred(index, it, arguments),
        Claim::Writes(it) => communication::writes(index, it, arguments),
        Claim::Mapped(it) => communication::mapped(index, it, arguments),
        Claim::Waiting(it) => calls::waiting(index, it),
        Claim::Computed(it) => processes::computed(index, it, arguments),
        Claim::Order(it) => order::order(index, it),
        Claim::Signaled(it) => signals::signaled(index, it, arguments),
        Claim::Aimed(it) => signals::aimed(index, it),
        Claim::Grace(it) => signals::grace(index, it),
        Claim::Synced(it) => calls::synced(index, it, arguments),
        Claim::Calls(it) => calls::calls(index, it, arguments),
    }
}

/// What is wrong, before it is a finding of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    rank: Rank,
    /// The diagnosis where `lab.toml` names no other.
    own: &'static str,
    message: String,
}

impl Fault {
    /// Something was done that must not be.
    fn misuse(own: &'static str, message: String) -> Self {
        let rank = Rank::Misuse;
        Self { rank, own, message }
    }

    /// Something was not done.
    fn missing(own: &'static str, message: String) -> Self {
        let rank = Rank::Work;
        Self { rank, own, message }
    }

    /// A process was not taken care of.
    fn neglect(own: &'static str, message: String) -> Self {
        let rank = Rank::Processes;
        Self { rank, own, message }
    }

    /// A descriptor was left.
    fn left(own: &'static str, message: String) -> Self {
        let rank = Rank::Descriptors;
        Self { rank, own, message }
    }
}

/// A count of things in memory, as counts in `lab.toml` are.
fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
