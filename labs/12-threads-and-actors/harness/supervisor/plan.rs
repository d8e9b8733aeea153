//! What becomes of the actor, from the program's arguments, and how often it is to be started then.

use std::time::Duration;

use super::{MOST, Policy};

/// The most starts that a plan may need.
const MOST_STARTS: usize = MOST / 2;

/// How a life of the actor ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Well,
    Failure,
    Killed,
}

impl End {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Well => "ends with code 0",
            Self::Failure => "fails with code 1",
            Self::Killed => "is killed",
        }
    }
}

/// One life of the actor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    pub(super) seconds: u64,
    pub(super) end: End,
}

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) failures: usize,
    /// In seconds.
    pub(super) within: u64,
    lives: Vec<Life>,
    starts: usize,
}

impl Plan {
    pub(super) fn of_arguments() -> Result<Self, String> {
        let mut words: Vec<String> = std::env::args().skip(1).collect();
        if words.is_empty() {
            words = ["3", "10", "2:fails", "3:killed", "4:ends"]
                .map(String::from)
                .into();
        }
        let [failures, within, lives @ ..] = words.as_slice() else {
            return Err("two numbers and a life at least".to_owned());
        };
        let failures: usize = failures.parse().map_err(|_| "FAILURES is a number")?;
        let within = within.parse().map_err(|_| "SECONDS is a number")?;
        let lives: Vec<Life> = lives.iter().map(|it| life(it)).collect::<Option<_>>().ok_or(
            "a life is a number of seconds and `:fails`, `:killed` or `:ends`, such as `2:fails`",
        )?;
        if lives.is_empty() || failures == 0 {
            return Err("there is at least one life, and one failure".to_owned());
        }
        let mut plan = Self {
            failures,
            within,
            lives,
            starts: 0,
        };
        plan.starts = plan
            .count_starts()
            .ok_or_else(|| format!("the actor would be started more than {MOST_STARTS} times"))?;
        Ok(plan)
    }

    /// How often the actor is to be started.
    pub(super) fn starts(&self) -> usize {
        self.starts
    }

    /// What becomes of the actor when it is started for this time, counted from 0.
    pub(super) fn life(&self, start: usize) -> Life {
        self.lives[start.min(self.lives.len() - 1)]
    }

    pub(super) fn policy(&self) -> Policy {
        Policy {
            failures: self.failures,
            within: Duration::from_secs(self.within),
        }
    }

    fn count_starts(&self) -> Option<usize> {
        let mut now = 0;
        let mut failed: Vec<u64> = Vec::new();
        (0..MOST_STARTS).find_map(|start| {
            let Life { seconds, end } = self.life(start);
            now += seconds;
            failed.push(now);
            let first = failed.len().checked_sub(self.failures);
            let is_too_often = first.is_some_and(|first| now - failed[first] < self.within);
            (end == End::Well || is_too_often).then_some(start + 1)
        })
    }
}

fn life(word: &str) -> Option<Life> {
    let (seconds, end) = word.split_once(':')?;
    let end = match end {
        "ends" => End::Well,
        "fails" => End::Failure,
        "killed" => End::Killed,
        _ => return None,
    };
    let seconds = seconds.parse().ok().filter(|it| *it <= 1_000_000)?;
    Some(Life { seconds, end })
}
