//! Which objects an expectation is about.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::record::{Object, ObjectKind};

/// Which objects: a kind (`pipe`), one of a kind (`pipe 2`, in the order in which they were first seen), one of a name (`fifo box`,
/// `queue /tasks`), or `any`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Which {
    /// Any object.
    Any,
    /// Each object of a kind.
    Kind(ObjectKind),
    /// The object of a kind with this number.
    Numbered(ObjectKind, usize),
    /// The object of a kind with this name.
    Named(ObjectKind, String),
}

/// The words for kinds of objects in `lab.toml`.
const KINDS: [(&str, ObjectKind); 7] = [
    ("pipe", ObjectKind::Pipe),
    ("fifo", ObjectKind::Fifo),
    ("socket", ObjectKind::Socket),
    ("queue", ObjectKind::MessageQueue),
    ("shared-memory", ObjectKind::SharedMemory),
    ("mapping", ObjectKind::Mapping),
    ("file", ObjectKind::File),
];

impl Which {
    /// Whether it means this object.
    #[must_use]
    pub fn matches(&self, object: &Object) -> bool {
        match self {
            Self::Any => true,
            Self::Kind(kind) => *kind == object.kind,
            Self::Numbered(kind, number) => *kind == object.kind && *number == object.number,
            Self::Named(kind, name) => {
                *kind == object.kind && object.name.as_deref() == Some(name.as_str())
            }
        }
    }
}

/// In words, as a part of a sentence: `a pipe`, `pipe 2`, ``FIFO `box` ``.
impl fmt::Display for Which {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any object"),
            Self::Kind(kind) => write!(f, "a {}", kind.term()),
            Self::Numbered(kind, number) => write!(f, "{} {number}", kind.term()),
            Self::Named(kind, name) => write!(f, "{} `{name}`", kind.term()),
        }
    }
}

impl FromStr for Which {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "any" {
            return Ok(Self::Any);
        }
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let kind = KINDS.iter().find(|(name, _)| *name == word);
        let Some((_, kind)) = kind.filter(|_| !text.ends_with(' ')) else {
            let words = KINDS.map(|(name, _)| name).join("`, `");
            return Err(format!(
                "`{text}` names no object: write `any`, or one of `{words}`, alone or with a number or name behind it"
            ));
        };
        Ok(match rest.parse() {
            _ if rest.is_empty() => Self::Kind(*kind),
            Ok(number) => Self::Numbered(*kind, number),
            Err(_) => Self::Named(*kind, rest.to_owned()),
        })
    }
}

impl TryFrom<String> for Which {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_by_kind_number_or_name() {
        let pipe = Object {
            kind: ObjectKind::Pipe,
            number: 2,
            name: None,
        };
        let queue = Object {
            kind: ObjectKind::MessageQueue,
            number: 1,
            name: Some("/tasks".to_owned()),
        };
        let means = |which: &str, object| which.parse::<Which>().unwrap().matches(object);
        assert!(means("any", &pipe) && means("pipe", &pipe) && means("pipe 2", &pipe));
        assert!(!means("pipe 1", &pipe) && !means("fifo", &pipe));
        assert!(means("queue /tasks", &queue) && !means("queue /other", &queue));
        for nonsense in ["", "tube", "pipe ", "2"] {
            assert!(nonsense.parse::<Which>().is_err(), "{nonsense}");
        }
    }
}
