//! Checks: pure functions from a record and what a case expects to findings.
//!
//! No check does I/O or sees a live process. Each looks at one kind of expectation; this module puts what
//! they find into order and says what it costs.
//!
//! # Points
//!
//! A case whose ending or output is wrong earns nothing: without a result, the absence of faults proves
//! nothing. An exercise in which output was faked earns nothing at all. A case whose output is right and whose other evidence is not earns
//! half of its points, rounded down.
//!
//! Evidence that this host cannot show costs nothing and earns nothing: where nothing else was found and some of the evidence was
//! not observed, the half of the case that evidence decides is not part of what can be earned ([`Checked::points`]).
//! A program with more events than a record keeps has itself to thank: that is a finding, and costs that half.

use self::evidence::{Outcome, Why};
use crate::course::{Case, Exercise};
use crate::record::{Ending, Record};
use crate::verdict::{Difference, Finding};

mod crash;
mod ending;
pub mod evidence;
pub mod hang;
mod left;
pub mod near;
mod output;

/// The right output without the work behind it: worth nothing, however it was found out.
pub const FAKED_OUTPUT: &str = "faked-output";

/// A run in which everybody waits, where nothing is known of why.
const HUNG: &str = "hung";

/// What a record is held against.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The exercise.
    pub exercise: &'a Exercise,
    /// The case.
    pub case: &'a Case,
    /// The command line as a person would type it, to point to the run.
    pub command: &'a str,
    /// How many arguments the program has.
    pub arguments: usize,
    /// The normalised output; `None` where the case does not compare it.
    pub output: Option<&'a str>,
}

/// The kinds of findings, causes before symptoms: the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// What the Rust runtime said about the program's own fault: a panic, a descriptor closed twice.
    Crash,
    /// The run did not end by itself.
    Endless,
    /// A line that must not be there.
    Absent,
    /// Something that the record shows and that must not be done.
    Misuse,
    /// The run did not end by itself, and nothing that its processes wait for says why: what was done wrong is the better
    /// explanation.
    Unexplained,
    /// The program ended otherwise than expected.
    Exit,
    /// Work that the record does not show.
    Work,
    /// Processes that nobody waited for.
    Processes,
    /// Objects that nobody removed.
    Objects,
    /// Descriptors that nobody closed.
    Descriptors,
    /// A line that must be there.
    Present,
    /// An order between processes.
    Order,
    /// The output as a whole.
    Output,
}

impl Rank {
    /// Whether a finding of this kind leaves nothing of the case's points.
    fn costs_all(self) -> bool {
        !matches!(
            self,
            Self::Absent
                | Self::Misuse
                | Self::Work
                | Self::Processes
                | Self::Objects
                | Self::Descriptors
        )
    }
}

/// A finding with its rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// Its kind.
    pub rank: Rank,
    /// The finding.
    pub finding: Finding,
}

/// What a record was found to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// The findings in order. What they lose together is at most what the case is worth.
    pub found: Vec<Ranked>,
    /// Why some of the evidence decides no points here: it could not be observed, and nothing else was found.
    pub not_observed: Option<Why>,
}

/// Points of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Points {
    /// Earned.
    pub earned: u32,
    /// What could be earned here: less than the case is worth where evidence was not observed.
    pub max: u32,
}

impl Checked {
    /// What a case that is worth so much earns, and could earn here.
    #[must_use]
    pub fn points(&self, worth: u32) -> Points {
        let max = match self.not_observed {
            Some(_) => worth - evidence_half(worth),
            None => worth,
        };
        let lost: u32 = self.found.iter().map(|it| it.finding.points_lost).sum();
        Points {
            earned: max.saturating_sub(lost),
            max,
        }
    }
}

/// The points of a case that depend on evidence beside output and ending.
fn evidence_half(points: u32) -> u32 {
    points - points / 2
}

/// Holds a record against what its case expects.
#[must_use]
pub fn check(expected: &Expected<'_>, record: &Record) -> Checked {
    let mut found = match record.ending {
        // What a run has not done when it is ended from outside says nothing.
        Ending::Hung | Ending::Exceeded { .. } => ending::check_endless(expected, record),
        Ending::Exited { .. } | Ending::Signaled { .. } => {
            let checks = [
                output::check_lines,
                left::check_processes,
                left::check_objects,
                ending::check_exit,
                output::check_snapshot,
            ];
            checks
                .iter()
                .flat_map(|check| check(expected, record))
                .collect()
        }
    };
    let unseen = add_evidence(expected, record, &mut found);
    for it in &mut found {
        if it.rank == Rank::Endless && it.finding.diagnosis == HUNG {
            it.rank = Rank::Unexplained;
        }
    }
    if !found.is_empty() {
        crash::explain(expected, record, &mut found);
    }
    found.sort_by_key(|ranked| ranked.rank);
    charge(expected.case.points, &mut found);
    Checked {
        not_observed: unseen.filter(|_| found.is_empty()),
        found,
    }
}

/// Whether the run should be repeated with all of its data traced: this record does not show who wrote its lines.
#[must_use]
pub fn needs_data(record: &Record) -> bool {
    evidence::authors::needs_data(record)
}

/// Adds what the evidence shows to the other findings, and says why some of it could not be observed, if so.
fn add_evidence(expected: &Expected<'_>, record: &Record, found: &mut Vec<Ranked>) -> Option<Why> {
    // Who says that output is faked says that it is right.
    let is_right = !found.iter().any(|it| it.rank.costs_all());
    if is_right {
        found.extend(evidence::authors::check(expected, record));
    }
    let mut unseen = None;
    for outcome in evidence::check(expected, record) {
        match outcome {
            Outcome::Held => {}
            Outcome::NotObserved(why) => unseen = Some(why),
            Outcome::Failed(it) if it.finding.diagnosis == FAKED_OUTPUT && !is_right => {}
            Outcome::Failed(it) => {
                let same = found.iter_mut().find(|other| {
                    let is_general = matches!(other.rank, Rank::Processes | Rank::Endless);
                    is_general && other.finding.diagnosis == it.finding.diagnosis
                });
                match same {
                    // Who hangs is told why already.
                    Some(other) if other.rank == Rank::Endless => {}
                    // It says more than the finding on the same mistake that needs no trace.
                    Some(other) => *other = *it,
                    None => found.push(*it),
                }
            }
        }
    }
    if unseen == Some(Why::Cut) && is_right {
        let message = "the program did more than a record can hold, so nobody can see whether it did what it should";
        found.push(expected.finding(Rank::Work, "too-many-events", message.to_owned()));
    }
    unseen
}

/// What generic diagnosis stands for a named one, by rank: cases go from the general to the special, so a name that a
/// case gives to wrong output presumes that the output of the earlier cases is right. Where an earlier case has a
/// wrong output that nobody named, the later names are taken back. The findings are in the order of `lab.toml`.
pub fn presume_earlier_cases(found: &mut [Ranked]) {
    let mut earlier: Option<String> = None;
    for Ranked { rank, finding } in found {
        if *rank != Rank::Output {
            continue;
        }
        match &earlier {
            None if output::OWN_DIAGNOSES.contains(&finding.diagnosis.as_str()) => {
                earlier = Some(finding.case.clone());
            }
            Some(case) if *case != finding.case => {
                output::OWN_DIAGNOSES[0].clone_into(&mut finding.diagnosis)
            }
            _ => {}
        }
    }
}

/// The finding on a program that killed the runner of its own run.
#[must_use]
pub fn runner_killed(expected: &Expected<'_>) -> Checked {
    let message = "the program killed the process that ran it, so there is no record of the run";
    let mut found = vec![expected.finding(Rank::Endless, "runner-killed", message.to_owned())];
    charge(expected.case.points, &mut found);
    Checked {
        found,
        not_observed: None,
    }
}

/// Says what each finding costs: the first of those that cost most loses the points, the others none.
fn charge(points: u32, found: &mut [Ranked]) {
    let costs_all = |it: &Ranked| it.rank.costs_all() || it.finding.diagnosis == FAKED_OUTPUT;
    let costs_all = found.iter().any(costs_all);
    let lost = if costs_all {
        points
    } else {
        evidence_half(points)
    };
    if let Some(first) = found.first_mut() {
        first.finding.points_lost = lost;
    }
}

impl Expected<'_> {
    /// A finding of this case that costs nothing yet.
    fn finding(&self, rank: Rank, diagnosis: &str, message: String) -> Ranked {
        Ranked {
            rank,
            finding: Finding {
                case: self.case.name.as_ref().clone(),
                diagnosis: diagnosis.to_owned(),
                message,
                place: format!("run it: {}", self.command),
                points_lost: 0,
                difference: None,
            },
        }
    }

    fn difference(
        &self,
        rank: Rank,
        diagnosis: &str,
        message: String,
        texts: Difference,
    ) -> Ranked {
        let mut ranked = self.finding(rank, diagnosis, message);
        ranked.finding.difference = Some(texts);
        ranked
    }
}

/// The name that an expectation gives to its failure, or the check's own.
fn named<'a>(given: Option<&'a toml::Spanned<String>>, own: &'a str) -> &'a str {
    given.map_or(own, |name| name.as_ref().as_str())
}
