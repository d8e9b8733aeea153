//! How near a run came to its limits. This is no finding and costs nothing: whoever grades a class wants to know which limits are tight.
//!
//! Times depend on how busy the machine was, so nothing of this is ever part of a verdict.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::course::Limits;
use crate::record::{Micros, Record};

/// A run that needed at least half of a limit, and not more than all of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Near {
    /// Which limit.
    pub limit: Limit,
    /// How much it used, in percent of the limit.
    pub percent: u64,
    /// The limit.
    pub most: u64,
}

/// A limit of which a record shows how much was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// Seconds from beginning to end.
    Wall,
    /// Seconds of CPU time of a process.
    Cpu,
    /// KiB of output.
    Output,
    /// Processes alive at once.
    Processes,
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Wall => "wall_seconds",
            Self::Cpu => "cpu_seconds",
            Self::Output => "output_kib",
            Self::Processes => "processes",
        })
    }
}

/// The limits that a run came near to.
#[must_use]
pub fn near(record: &Record, limits: &Limits) -> Vec<Near> {
    const SECOND: u64 = 1_000_000;
    let cpu = record.processes.iter().map(|it| it.cpu).max();
    let output = record.stdout.len() + record.stderr.len();
    // What was used, in the unit of the limit's own thousandths or finer, and what a whole unit is in it.
    let uses = [
        (
            Limit::Wall,
            record.usage.wall_us,
            SECOND,
            limits.wall_seconds,
        ),
        (Limit::Cpu, cpu.unwrap_or(0), SECOND, limits.cpu_seconds),
        (Limit::Output, output as u64, 1024, limits.output_kib),
        (Limit::Processes, most_alive(record), 1, limits.processes),
    ];
    let uses = uses.into_iter().filter_map(|(limit, used, unit, most)| {
        let most = u64::from(most);
        let whole = most * unit;
        let percent = used * 100 / whole.max(1);
        let near = Near {
            limit,
            percent,
            most,
        };
        // Not by percent: a run that is ended at its limit has used very little more than it.
        (percent >= 50 && used <= whole).then_some(near)
    });
    uses.collect()
}

/// How many processes there were at once, zombies among them: they count for the limit.
fn most_alive(record: &Record) -> u64 {
    let mut changes: Vec<(Micros, i64)> = Vec::new();
    for process in &record.processes {
        changes.push((process.born, 1));
        if let Some(reaped) = &process.reaped {
            changes.push((reaped.at, -1));
        }
    }
    // Who is gone makes room for who is born at the same time.
    changes.sort_unstable();
    let mut alive = 0;
    let most = changes.into_iter().map(|(_, change)| {
        alive += change;
        alive
    });
    most.max()
        .and_then(|it| u64::try_from(it).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str) -> Record {
        let path = format!("{}/tests/records/{name}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    #[track_caller]
    fn check(record: &Record, limits: Limits, expected: &[(Limit, u64)]) {
        let found = near(record, &limits);
        let found: Vec<(Limit, u64)> = found.iter().map(|it| (it.limit, it.percent)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn half_of_a_limit_is_near_and_less_is_not() {
        let mut record = record("hello-pipe");
        record.usage.wall_us = 1_000_000;
        record.processes[0].cpu = 900_000;
        record.stdout = vec![b'x'; 1000];
        record.stderr = vec![b'x'; 24];
        let limits = |wall_seconds, cpu_seconds, output_kib, processes| Limits {
            wall_seconds,
            cpu_seconds,
            output_kib,
            processes,
            ..Limits::default()
        };
        check(&record, limits(3, 2, 3, 5), &[]);
        check(&record, limits(2, 2, 3, 5), &[(Limit::Wall, 50)]);
        check(&record, limits(3, 1, 3, 5), &[(Limit::Cpu, 90)]);
        check(&record, limits(3, 2, 2, 5), &[(Limit::Output, 50)]);
        check(&record, limits(3, 2, 3, 4), &[(Limit::Processes, 50)]);
        // Who needs more has a finding, however little more it is.
        record.usage.wall_us = 3_000_000;
        check(&record, limits(3, 2, 3, 5), &[(Limit::Wall, 100)]);
        record.usage.wall_us += 1;
        check(&record, limits(3, 2, 3, 5), &[]);
    }

    #[test]
    fn processes_count_until_they_are_waited_for() {
        let mut record = record("spawn-workers");
        let alive = |record: &Record| most_alive(record);
        let all = record.processes.len() as u64;
        assert!(all > 2);
        for process in &mut record.processes {
            process.reaped = None;
        }
        assert_eq!(alive(&record), all);
        // One after the other: the program and one child.
        for (at, process) in (0_u64..).zip(&mut record.processes).skip(1) {
            process.born = 10 * at;
            process.reaped = Some(crate::record::Reaped {
                at: 10 * at + 10,
                by: Some(0),
            });
        }
        assert_eq!(alive(&record), 2);
    }
}
