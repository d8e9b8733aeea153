//! How many of something are expected.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

/// How many: a number, a range of Rust (`"2.."`, `"..=5"`, `"2..=5"`), or `"args"` (as many as the program has arguments), from
/// which a number can be taken (`"args - 1"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Between two bounds, both included.
    Within(Bounds),
    /// As many as the program has arguments, without the first of them.
    Arguments {
        /// How many of the arguments do not count.
        without: u64,
    },
}

/// Two bounds of a number, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The smallest number.
    pub least: u64,
    /// The largest number; `None` where there is no limit.
    pub most: Option<u64>,
}

impl Bounds {
    /// How a number lies to the bounds: `Less` is too few, `Greater` too many.
    #[must_use]
    pub fn place(self, seen: u64) -> Ordering {
        if seen < self.least {
            Ordering::Less
        } else if self.most.is_some_and(|most| seen > most) {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    }

    /// So many of something: `1 process`, `at least 2 processes`, `no process`.
    #[must_use]
    pub fn of(self, one: &str, many: &str) -> String {
        let last = self.most.unwrap_or(self.least);
        let noun = if last <= 1 { one } else { many };
        format!("{self} {noun}")
    }
}

/// In words: `4`, `at least 2`, `at most 3`, `2 to 5`, `no`.
impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (0, Some(0)) => f.write_str("no"),
            (least, None) => write!(f, "at least {least}"),
            (least, Some(most)) if least == most => write!(f, "{least}"),
            (0, Some(most)) => write!(f, "at most {most}"),
            (least, Some(most)) => write!(f, "{least} to {most}"),
        }
    }
}

impl Count {
    /// Exactly this many.
    #[must_use]
    pub const fn exactly(number: u64) -> Self {
        Self::Within(Bounds {
            least: number,
            most: Some(number),
        })
    }

    /// This many or more.
    #[must_use]
    pub const fn at_least(number: u64) -> Self {
        Self::Within(Bounds {
            least: number,
            most: None,
        })
    }

    /// The bounds, for a program with this many arguments.
    #[must_use]
    pub fn bounds(self, arguments: usize) -> Bounds {
        match self {
            Self::Within(bounds) => bounds,
            Self::Arguments { without } => {
                let all = u64::try_from(arguments).unwrap_or(u64::MAX);
                let number = all.saturating_sub(without);
                Bounds {
                    least: number,
                    most: Some(number),
                }
            }
        }
    }
}

impl FromStr for Count {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || {
            format!(
                "`{text}` is no count: write a number, `\"2..\"`, `\"..=5\"`, `\"2..=5\"` or `\"args\"`"
            )
        };
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| fault());
        if let Some(rest) = text.strip_prefix("args") {
            let without = match rest.trim().strip_prefix('-') {
                Some(less) => number(less)?,
                None if rest.is_empty() => 0,
                None => return Err(fault()),
            };
            return Ok(Self::Arguments { without });
        }
        let Some((least, most)) = text.split_once("..") else {
            return number(text).map(Self::exactly);
        };
        let bounds = Bounds {
            least: if least.is_empty() { 0 } else { number(least)? },
            most: match most.strip_prefix('=') {
                Some(most) => Some(number(most)?),
                None if most.is_empty() => None,
                None => return Err(fault()),
            },
        };
        if bounds.most.is_some_and(|most| most < bounds.least) {
            return Err(format!("the range `{text}` is empty"));
        }
        Ok(Self::Within(bounds))
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrWord(|number| {
            u64::try_from(number)
                .map(Self::exactly)
                .map_err(|_| format!("{number} is no count"))
        }))
    }
}

/// Reads what is written as a number or as a word.
pub(super) struct NumberOrWord<F>(pub(super) F);

impl<T, F> Visitor<'_> for NumberOrWord<F>
where
    T: FromStr<Err = String>,
    F: FnOnce(i64) -> Result<T, String>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a string")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        (self.0)(number).map_err(E::custom)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_read_aloud() {
        let words = |count: &str| {
            let count: Count = count.parse().unwrap();
            count.bounds(0).of("process", "processes")
        };
        assert_eq!(words("0"), "no process");
        assert_eq!(words("1"), "1 process");
        assert_eq!(words("2.."), "at least 2 processes");
        assert_eq!(words("..=3"), "at most 3 processes");
        assert_eq!(words("1..=3"), "1 to 3 processes");
    }

    #[test]
    fn counts_are_numbers_ranges_or_arguments() {
        let place = |count: &str, seen| count.parse::<Count>().unwrap().bounds(5).place(seen);
        assert_eq!(place("4", 4), Ordering::Equal);
        assert_eq!(place("2..", 1), Ordering::Less);
        assert_eq!(place("2..", 200), Ordering::Equal);
        assert_eq!(place("..=3", 4), Ordering::Greater);
        assert_eq!(place("2..=5", 5), Ordering::Equal);
        assert_eq!(place("args", 5), Ordering::Equal);
        assert_eq!(place("args - 1", 5), Ordering::Greater);
        for nonsense in ["", "x", "5..=2", "1..5", "args + 1", "-1"] {
            assert!(nonsense.parse::<Count>().is_err(), "{nonsense}");
        }
    }
}
