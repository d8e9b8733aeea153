//! Signals, and how a process ends.

use std::fmt;
use std::str::FromStr;

use nix::sys::signal::Signal;
use serde::Deserialize;
use serde::de::Deserializer;

use super::count::NumberOrWord;
use crate::record::Exit;

/// A signal by its name in `signal(7)`, such as `SIGTERM` or `SIGRTMIN+1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct SignalName {
    number: i32,
}

/// The first real-time signal that programs may use: glibc keeps two for itself.
const FIRST_REAL_TIME: i32 = 34;

/// The last one.
const LAST_REAL_TIME: i32 = 64;

impl SignalName {
    /// The signal of this number.
    #[must_use]
    pub const fn of(number: i32) -> Self {
        Self { number }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.number
    }
}

impl fmt::Display for SignalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Signal::try_from(self.number) {
            Ok(signal) => f.write_str(signal.as_str()),
            Err(_) => match self.number - FIRST_REAL_TIME {
                0 => f.write_str("SIGRTMIN"),
                above @ 1.. => write!(f, "SIGRTMIN+{above}"),
                _ => write!(f, "signal {}", self.number),
            },
        }
    }
}

impl FromStr for SignalName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Signal::from_str(text).ok().map(|signal| signal as i32);
        let number = known.or_else(|| {
            let above = text.strip_prefix("SIGRTMIN")?;
            let above = match above.strip_prefix('+') {
                Some(above) => above.parse().ok().filter(|above| *above >= 0)?,
                None if above.is_empty() => 0,
                None => return None,
            };
            FIRST_REAL_TIME
                .checked_add(above)
                .filter(|number| *number <= LAST_REAL_TIME)
        });
        number.map(Self::of).ok_or_else(|| {
            format!("unknown signal `{text}`: write it as in signal(7), such as SIGTERM")
        })
    }
}

impl TryFrom<String> for SignalName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// How a process ends: an exit code, or the signal that ends it, such as `3` or `"SIGTERM"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With this exit code.
    Code(i32),
    /// By this signal.
    By(SignalName),
}

impl Ended {
    /// Whether a process that ended so has ended as expected.
    #[must_use]
    pub fn matches(self, how: Exit) -> bool {
        match (self, how) {
            (Self::Code(wanted), Exit::Code(seen)) => wanted == seen,
            (Self::By(wanted), Exit::Signal(seen)) => wanted.number() == seen,
            (Self::Code(_), Exit::Signal(_)) | (Self::By(_), Exit::Code(_)) => false,
        }
    }
}

impl From<Exit> for Ended {
    fn from(how: Exit) -> Self {
        match how {
            Exit::Code(code) => Self::Code(code),
            Exit::Signal(number) => Self::By(SignalName::of(number)),
        }
    }
}

/// In words, behind "ended": `with exit code 3`, `by SIGTERM`.
impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "with exit code {code}"),
            Self::By(signal) => write!(f, "by {signal}"),
        }
    }
}

impl FromStr for Ended {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self::By)
    }
}

impl<'de> Deserialize<'de> for Ended {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberOrWord(|number| match i32::try_from(number) {
            Ok(code @ 0..=255) => Ok(Self::Code(code)),
            _ => Err(format!("{number} is no exit code: they go from 0 to 255")),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_and_ends_are_read_and_shown() {
        let signal = |text: &str| text.parse::<SignalName>().unwrap();
        assert_eq!(signal("SIGTERM").number(), 15);
        assert_eq!(signal("SIGRTMIN+2").number(), 36);
        assert_eq!(signal("SIGRTMIN+2").to_string(), "SIGRTMIN+2");
        assert_eq!(SignalName::of(33).to_string(), "signal 33");
        for nonsense in ["TERM", "SIGRTMIN+31", "SIGRTMIN-1", "15"] {
            assert!(nonsense.parse::<SignalName>().is_err(), "{nonsense}");
        }
        assert!(Ended::Code(3).matches(Exit::Code(3)) && !Ended::Code(3).matches(Exit::Code(4)));
        assert!(Ended::By(SignalName::of(15)).matches(Exit::Signal(15)));
        assert!(!Ended::Code(15).matches(Exit::Signal(15)));
    }
}
