//! What a mark becomes after the grader's verdict: lateness, and marks that a person has changed.
//!
//! The rule, which `--deadlines` fills with numbers:
//!
//! 1. A lab was handed in when the table of `--times` says so; without an entry there, when the last commit that changed its answers was
//!    made (which its author's machine says); else nobody knows, and it is not late.
//! 2. It is late by as many days as have begun since the deadline and the grace after it.
//! 3. Each student has so many free days for all labs. They are used where they are needed, the lab first that was due first.
//! 4. Each further day costs so many percent of the points that the lab has earned; what is left is rounded up to whole points.
//! 5. Whoever is late by more days than the last one earns nothing, and no free day is used.
//! 6. A mark in `--overrides` is final: it stands for its exercise, or for its lab as a whole, whatever the verdict and the time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail, ensure};
use chrono::DateTime;
use grader::cli::args::class::PolicyFiles;
use serde::Deserialize;

use crate::store::{Graded, Outcome};

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// Deadlines, times and changed marks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// When labs are due, if lateness has a price.
    pub(crate) deadlines: Option<Deadlines>,
    /// When labs were handed in, by student (folded) and lab; an empty lab means all.
    times: BTreeMap<(String, String), i64>,
    /// Changed marks by student (folded) and exercise or lab.
    overrides: BTreeMap<(String, String), Override>,
}

/// When labs are due, and what lateness costs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deadlines {
    /// Days that each student may be late in all, for nothing.
    #[serde(default)]
    pub(crate) free_days: u32,
    /// What each further day costs, in percent of the points earned.
    pub(crate) percent_per_day: u32,
    /// How many days late is too late.
    pub(crate) last_day: u32,
    /// Minutes after the deadline that do not count.
    #[serde(default)]
    pub(crate) grace_minutes: u32,
    /// The deadline of each lab, as in `2026-10-01T23:59:00+02:00`.
    pub(crate) due: BTreeMap<String, String>,
    /// The same in seconds since 1970.
    #[serde(skip)]
    seconds: BTreeMap<String, i64>,
}

/// A mark that a person has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Override {
    /// The points.
    pub(crate) points: u32,
    /// Why.
    pub(crate) reason: String,
}

/// How late a lab is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lateness {
    /// There is no deadline.
    NotDue,
    /// Nobody knows when it was handed in.
    Unknown,
    /// Late by so many days, so many of them free; 0 is in time.
    Days {
        /// Days that have begun.
        days: u32,
        /// How many of them cost nothing.
        free: u32,
    },
    /// Too late.
    TooLate {
        /// Days that have begun.
        days: u32,
    },
}

impl Policy {
    /// Reads the files, where they are given, and holds them against what is graded.
    ///
    /// # Errors
    /// When a file cannot be read, or says what cannot be meant.
    pub(crate) fn read(files: &PolicyFiles, exercises: &[Graded]) -> anyhow::Result<Self> {
        let mut policy = Self::default();
        if let Some(path) = &files.deadlines {
            let named = || format!("understand {}", path.display());
            policy.deadlines = Some(deadlines(&text_of(path)?).with_context(named)?);
        }
        if let Some(path) = &files.times {
            let named = || format!("understand {}", path.display());
            policy.times = times(&text_of(path)?).with_context(named)?;
        }
        if let Some(path) = &files.overrides {
            let named = || format!("understand {}", path.display());
            policy.overrides = overrides(&text_of(path)?, exercises).with_context(named)?;
        }
        Ok(policy)
    }

    /// The changed mark for an exercise or a lab.
    pub(crate) fn changed(&self, student: &str, what: &str) -> Option<&Override> {
        self.overrides
            .get(&(student.to_lowercase(), what.to_owned()))
    }

    /// The students that changed marks are for.
    pub(crate) fn changed_students(&self) -> impl Iterator<Item = &str> {
        self.overrides.keys().map(|(student, _)| student.as_str())
    }

    /// How late each of the labs is, where points are to be had.
    pub(crate) fn lateness(&self, outcome: &Outcome, labs: &[&str]) -> BTreeMap<String, Lateness> {
        let mut found = BTreeMap::new();
        let Some(deadlines) = &self.deadlines else {
            return found;
        };
        let mut left = deadlines.free_days;
        let mut ordered: Vec<(Option<i64>, &str)> = labs
            .iter()
            .map(|lab| (deadlines.seconds.get(*lab).copied(), *lab))
            .collect();
        ordered.sort_unstable();
        for (due, lab) in ordered {
            let lateness = match (due, self.time(outcome, lab)) {
                (None, _) => Lateness::NotDue,
                (Some(_), None) => Lateness::Unknown,
                (Some(due), Some(time)) => {
                    let days = days_late(due + i64::from(deadlines.grace_minutes) * 60, time);
                    if days > deadlines.last_day {
                        Lateness::TooLate { days }
                    } else {
                        let free = days.min(left);
                        left -= free;
                        Lateness::Days { days, free }
                    }
                }
            };
            found.insert(lab.to_owned(), lateness);
        }
        found
    }

    /// What is left of points that were earned.
    pub(crate) fn reduced(&self, points: u32, lateness: Lateness) -> u32 {
        let percent = self.deadlines.as_ref().map_or(0, |it| it.percent_per_day);
        match lateness {
            Lateness::NotDue | Lateness::Unknown => points,
            Lateness::TooLate { .. } => 0,
            Lateness::Days { days, free } => {
                let kept = 100_u32.saturating_sub(percent.saturating_mul(days - free));
                (points * kept).div_ceil(100)
            }
        }
    }

    fn time(&self, outcome: &Outcome, lab: &str) -> Option<i64> {
        let student = outcome.student.id.to_lowercase();
        let stated = |lab: &str| self.times.get(&(student.clone(), lab.to_owned())).copied();
        stated(lab)
            .or_else(|| stated(""))
            .or_else(|| outcome.times.get(lab).copied())
    }
}

fn text_of(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("read {}", path.display()))
}

fn deadlines(text: &str) -> anyhow::Result<Deadlines> {
    let mut deadlines: Deadlines = toml::from_str(text)?;
    ensure!(
        deadlines.percent_per_day <= 100,
        "percent_per_day is at most 100"
    );
    for (lab, due) in &deadlines.due {
        deadlines.seconds.insert(lab.clone(), seconds(due)?);
    }
    Ok(deadlines)
}

fn seconds(text: &str) -> anyhow::Result<i64> {
    let time = DateTime::parse_from_rfc3339(text.trim());
    let time = time.map_err(|_| {
        anyhow!("{text:?} is no time with its zone, such as 2026-10-01T23:59:00+02:00")
    })?;
    Ok(time.timestamp())
}

/// Days that have begun since the deadline.
fn days_late(due: i64, time: i64) -> u32 {
    let late = (time - due).max(0);
    let days = late / DAY + i64::from(late % DAY > 0);
    u32::try_from(days).unwrap_or(u32::MAX)
}

fn times(text: &str) -> anyhow::Result<BTreeMap<(String, String), i64>> {
    let mut times = BTreeMap::new();
    for line in lines(text, &["id", "submitted"], &["lab"])? {
        let [id, submitted, lab] = &line.cells[..] else {
            bail!("line {}: a cell is missing", line.number);
        };
        let time = seconds(submitted).with_context(|| format!("read line {}", line.number))?;
        if times
            .insert((id.to_lowercase(), lab.clone()), time)
            .is_some()
        {
            bail!("line {}: {id} is there a second time", line.number);
        }
    }
    Ok(times)
}

fn overrides(
    text: &str,
    exercises: &[Graded],
) -> anyhow::Result<BTreeMap<(String, String), Override>> {
    let mut overrides = BTreeMap::new();
    for line in lines(text, &["id", "name", "points", "reason"], &[])? {
        let [id, name, points, reason] = &line.cells[..] else {
            bail!("line {}: a cell is missing", line.number);
        };
        let number = line.number;
        let meant = exercises
            .iter()
            .filter(|it| it.exercise == *name || it.lab == *name);
        let most: u32 = meant.map(|it| it.points).sum();
        ensure!(
            exercises
                .iter()
                .any(|it| it.exercise == *name || it.lab == *name),
            "line {number}: {name} is no exercise and no lab of this class"
        );
        let points: u32 = points
            .parse()
            .map_err(|_| anyhow!("line {number}: {points:?} is no number of points"))?;
        ensure!(
            points <= most,
            "line {number}: {name} has only {most} points"
        );
        ensure!(
            !reason.is_empty(),
            "line {number}: a changed mark needs its reason"
        );
        let change = Override {
            points,
            reason: reason.clone(),
        };
        if overrides
            .insert((id.to_lowercase(), name.clone()), change)
            .is_some()
        {
            bail!("line {number}: {name} of {id} is changed a second time");
        }
    }
    Ok(overrides)
}

/// A line of a table, its cells in the order in which columns were asked for.
struct Line {
    number: u64,
    cells: Vec<String>,
}

fn lines(text: &str, wanted: &[&str], optional: &[&str]) -> anyhow::Result<Vec<Line>> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let heads = reader.headers()?.clone();
    let place = |name: &&str| heads.iter().position(|it| it.eq_ignore_ascii_case(name));
    for name in wanted {
        ensure!(place(name).is_some(), "the column {name} is missing");
    }
    let places: Vec<Option<usize>> = wanted.iter().chain(optional).map(place).collect();
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record?;
        let cell = |place: &Option<usize>| place.and_then(|at| record.get(at)).unwrap_or_default();
        lines.push(Line {
            number: record.position().map_or(0, csv::Position::line),
            cells: places.iter().map(|place| cell(place).to_owned()).collect(),
        });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests;
