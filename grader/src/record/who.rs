//! Patterns of processes: where in the tree of a run they stand; and of calls.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Which processes: places in the tree of processes, children counted in the order of their birth.
///
/// `main` is the program itself, `main/1` its first child, `main/*` each of its children, `main/2/*` each child of its second
/// child, `main/**` everything below it, and `**` any process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Who {
    /// Any process.
    Any,
    /// The processes that these steps, from the program itself, lead to.
    Below(Vec<Step>),
}

/// What stands for the name of any call that is traced.
pub const ANY_CALL: &str = "any";

/// A step from a process to its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// To the child of this number, from 1.
    Nth(usize),
    /// To each child.
    Each,
    /// To all that are below; always the last step.
    All,
}

impl Default for Who {
    fn default() -> Self {
        Self::Below(Vec::new())
    }
}

impl Who {
    /// Whether it means the process at this place: the numbers of the children on the way from the program to it.
    #[must_use]
    pub fn matches(&self, place: &[usize]) -> bool {
        match self {
            Self::Any => true,
            Self::Below(steps) => leads_to(steps, place),
        }
    }

    /// Whether it may mean more than one process.
    #[must_use]
    pub fn is_plural(&self) -> bool {
        match self {
            Self::Any => true,
            Self::Below(steps) => steps.iter().any(|step| !matches!(step, Step::Nth(_))),
        }
    }
}

fn leads_to(steps: &[Step], place: &[usize]) -> bool {
    let Some((step, steps)) = steps.split_first() else {
        return place.is_empty();
    };
    let Some((number, rest)) = place.split_first() else {
        return false;
    };
    match step {
        Step::All => true,
        Step::Each => leads_to(steps, rest),
        Step::Nth(wanted) => wanted == number && leads_to(steps, rest),
    }
}

/// In words, as a part of a sentence: `each child of the program`.
impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Below(steps) = self else {
            return f.write_str("any process");
        };
        for step in steps.iter().rev() {
            match step {
                Step::Nth(number) => write!(f, "child {number} of ")?,
                Step::Each => f.write_str("each child of ")?,
                Step::All => f.write_str("each process below ")?,
            }
        }
        f.write_str("the program")
    }
}

impl FromStr for Who {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || {
            format!(
                "`{text}` names no process: write `main`, `main/1`, `main/*`, `main/**` or `**`"
            )
        };
        if text == "**" {
            return Ok(Self::Any);
        }
        let mut parts = text.split('/');
        if parts.next() != Some("main") {
            return Err(fault());
        }
        let parts: Vec<&str> = parts.collect();
        let mut steps = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            steps.push(match *part {
                "*" => Step::Each,
                "**" if at + 1 == parts.len() => Step::All,
                number => match number.parse() {
                    Ok(number) if number > 0 => Step::Nth(number),
                    _ => return Err(fault()),
                },
            });
        }
        Ok(Self::Below(steps))
    }
}

/// The pattern as it is written.
impl From<Who> for String {
    fn from(who: Who) -> Self {
        let Who::Below(steps) = who else {
            return "**".to_owned();
        };
        let mut pattern = "main".to_owned();
        for step in steps {
            match step {
                Step::Nth(number) => pattern.push_str(&format!("/{number}")),
                Step::Each => pattern.push_str("/*"),
                Step::All => pattern.push_str("/**"),
            }
        }
        pattern
    }
}

impl TryFrom<String> for Who {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_places_in_the_tree() {
        let means = |pattern: &str, place: &[usize]| {
            let who: Who = pattern.parse().unwrap();
            who.matches(place)
        };
        assert!(means("main", &[]) && !means("main", &[1]));
        assert!(means("main/2", &[2]) && !means("main/2", &[1]) && !means("main/2", &[2, 1]));
        assert!(means("main/*", &[7]) && !means("main/*", &[7, 1]) && !means("main/*", &[]));
        assert!(means("main/1/*", &[1, 3]) && !means("main/1/*", &[2, 3]));
        assert!(means("main/*/*", &[4, 2]) && means("main/*/2", &[4, 2]));
        assert!(means("main/**", &[1]) && means("main/**", &[1, 1]) && !means("main/**", &[]));
        assert!(means("**", &[]) && means("**", &[1, 1]));
        for nonsense in ["", "child", "main/", "main/0", "main/x", "main/**/1", "*"] {
            assert!(nonsense.parse::<Who>().is_err(), "{nonsense}");
        }
    }

    #[test]
    fn patterns_are_read_aloud() {
        let words = |pattern: &str| pattern.parse::<Who>().unwrap().to_string();
        assert_eq!(words("main"), "the program");
        assert_eq!(words("main/*"), "each child of the program");
        assert_eq!(words("main/2/1"), "child 1 of child 2 of the program");
    }
}
