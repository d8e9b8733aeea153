//! Parts of a class: which machine grades whom.
//!
//! A student's part follows from the key alone, so every machine comes to the same answer without being told of the others, and
//! stays with it when students come or go.

use std::fmt;
use std::str::FromStr;

use grader::cache::Key;
use serde::{Deserialize, Serialize};

/// One of several parts. They are counted from 0, as array jobs of Slurm and indexed jobs of Kubernetes count theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Shard {
    /// Which part.
    pub(crate) index: u32,
    /// How many there are.
    pub(crate) count: u32,
}

impl Shard {
    /// All of the class.
    pub(crate) const WHOLE: Self = Self { index: 0, count: 1 };

    /// Whether the student belongs to this part.
    pub(crate) fn has(self, id: &str) -> bool {
        // The hash is of the folded key: the roster's `Ada` and an entry's `ada` are one student.
        let hash = Key::of("shard/1").with(id.to_lowercase()).name();
        let number = u64::from_str_radix(&hash[..12], 16).unwrap_or(0);
        number % u64::from(self.count) == u64::from(self.index)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text
            .split_once('/')
            .and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match numbers {
            Some((index, count)) if index < count => Ok(Self { index, count }),
            _ => Err("a part is written I/N, with I from 0 to N-1, such as 0/8".to_owned()),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_student_is_in_one_part_and_stays_there() {
        for number in 0..500 {
            let id = format!("student-{number}");
            let parts = (0..7).filter(|index| {
                Shard {
                    index: *index,
                    count: 7,
                }
                .has(&id)
            });
            assert_eq!(parts.count(), 1, "{id}");
            assert!(Shard::WHOLE.has(&id));
        }
        // Written down once: a change would send students of a term that goes on to other parts.
        let part = |id: &str| {
            (0..16).find(|index| {
                Shard {
                    index: *index,
                    count: 16,
                }
                .has(id)
            })
        };
        assert_eq!(part("Ada"), part("ada"));
        assert_eq!(
            [part("ada"), part("alan"), part("kurt")],
            [Some(13), Some(3), Some(3)]
        );
    }

    #[test]
    fn parts_are_counted_from_zero() {
        assert_eq!(
            "3/16".parse(),
            Ok(Shard {
                index: 3,
                count: 16
            })
        );
        for text in ["16/16", "0/0", "1", "a/b", "-1/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
