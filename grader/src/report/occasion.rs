//! What a report does not know, and some of its readers demand: when it was made, and for whom.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};

/// The occasion on which something was graded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occasion {
    /// When grading began, in milliseconds since 1970.
    pub began_ms: i64,
    /// When it ended, in the same unit.
    pub ended_ms: i64,
    /// When what was graded was committed, in seconds since 1970, where that is known.
    pub committed: Option<i64>,
    /// The variables that the platform has set.
    pub variables: BTreeMap<String, String>,
}

impl Occasion {
    /// When grading ended, as `2026-06-01T14:33:11Z`.
    #[must_use]
    pub fn graded_at(&self) -> String {
        utc(self.ended_ms / 1000)
    }

    /// When what was graded was committed; when it was graded where nobody knows.
    #[must_use]
    pub fn submitted_at(&self) -> String {
        utc(self.committed.unwrap_or(self.ended_ms / 1000))
    }

    /// A variable of the platform, empty where it is not set.
    #[must_use]
    pub fn variable(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }
}

fn utc(seconds: i64) -> String {
    DateTime::<Utc>::from_timestamp(seconds, 0)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Secs, true)
}
