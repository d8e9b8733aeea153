//! What the recorder does to a run at a chosen point, so that what happens rarely happens every time.
//!
//! `[[exercise.case.intervention]]`, with `at = { process = "main/1", call = "write", nth = 2 }` and one of
//! `do = "kill"`, `{ stop = { ms = 500 } }`, `{ signal = "SIGTERM" }`, `{ errno = "EINTR" }`, `{ short = 1 }`, `{ delay = { ms = 20 } }`.
//! This module owns the form; the recorder executes it.

use std::fmt;
use std::str::FromStr;

use nix::errno::Errno;
use serde::Deserialize;

use super::evidence::{SignalName, Who, is_call};
use crate::record::ANY_CALL;

/// One intervention: a point of the run, and what is done there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intervention {
    /// Where.
    pub at: Point,
    /// What.
    #[serde(rename = "do")]
    pub action: Action,
}

/// A point of a run: the beginning of a call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// In which process; in each of them, where the pattern means several.
    pub process: Who,
    /// The call, by the name that it has in the record; `any` means each.
    pub call: String,
    /// Which of the process's calls of this name, from 1; the first by default.
    #[serde(default = "first")]
    pub nth: u32,
    /// Whether each process that comes there has its turn one call later than the one before it: so a program that makes one
    /// process after the other shows what an intervention at each call does.
    #[serde(default)]
    pub in_turn: bool,
}

fn first() -> u32 {
    1
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Action {
    /// The process is stopped before the call, and goes on later.
    Stop(Span),
    /// The process is killed before the call.
    Kill,
    /// The process gets a signal while it is in the call.
    Signal(SignalName),
    /// The call is not made and fails with this error.
    Errno(ErrnoName),
    /// The call moves at most so many bytes.
    Short(u64),
    /// The call begins later.
    Delay(Span),
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Milliseconds.
    pub ms: u64,
}

/// How long the program's sleeps take, or its waits with a timeout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lasting {
    /// As long as it asks for.
    #[default]
    Real,
    /// No time: an order that hangs on it breaks.
    Instant,
}

/// An error by its name in `errno(3)`, such as `EINTR`: one of those that a right program must expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ErrnoName(Errno);

/// The errors that can be injected.
const ERRORS: [Errno; 23] = [
    Errno::EINTR,
    Errno::EAGAIN,
    Errno::ENOMEM,
    Errno::ENOSPC,
    Errno::EDQUOT,
    Errno::EFBIG,
    Errno::EIO,
    Errno::EMFILE,
    Errno::ENFILE,
    Errno::EPIPE,
    Errno::ECONNRESET,
    Errno::ECONNREFUSED,
    Errno::ETIMEDOUT,
    Errno::ENOBUFS,
    Errno::EACCES,
    Errno::EPERM,
    Errno::ENOENT,
    Errno::EEXIST,
    Errno::ENXIO,
    Errno::ECHILD,
    Errno::ESRCH,
    Errno::EBUSY,
    Errno::EINVAL,
];

impl ErrnoName {
    /// Its number.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0 as i32
    }
}

impl fmt::Display for ErrnoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl FromStr for ErrnoName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = ERRORS.into_iter().find(|it| format!("{it:?}") == text);
        known.map(Self).ok_or_else(|| {
            let names = ERRORS.map(|it| format!("{it:?}")).join(", ");
            format!("unknown error `{text}`: write one of {names}")
        })
    }
}

impl TryFrom<String> for ErrnoName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Intervention {
    /// What is wrong with it.
    pub(super) fn fault(&self) -> Option<&'static str> {
        if self.at.nth == 0 {
            return Some("`nth` counts from 1");
        }
        if self.at.call != ANY_CALL && !is_call(&self.at.call) {
            return Some("no call that the recorder sees has the name that `call` gives");
        }
        match self.action {
            Action::Short(0) => {
                Some("a transfer of 0 bytes looks like the end of file: write at least 1")
            }
            Action::Stop(Span { ms: 0 }) | Action::Delay(Span { ms: 0 }) => {
                Some("this takes no time: write at least 1 ms")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct File {
        intervention: Vec<Intervention>,
    }

    #[track_caller]
    fn check(text: &str, action: Action) {
        let text = format!(
            "[[intervention]]\nat = {{ process = \"main/1\", call = \"write\", nth = 2 }}\ndo = {text}"
        );
        let file: File = toml::from_str(&text).unwrap();
        assert_eq!(file.intervention[0].action, action);
        assert_eq!(file.intervention[0].at.nth, 2);
        assert_eq!(file.intervention[0].fault(), None);
    }

    #[track_caller]
    fn check_refused(action: &str, message: &str) {
        let text = format!(
            "[[intervention]]\nat = {{ process = \"main\", call = \"write\" }}\ndo = {action}"
        );
        let fault = match toml::from_str::<File>(&text) {
            Ok(file) => file.intervention[0].fault().unwrap().to_owned(),
            Err(error) => error.to_string(),
        };
        assert!(fault.contains(message), "{fault}");
    }

    #[test]
    fn every_action_can_be_written() {
        check("\"kill\"", Action::Kill);
        check("{ stop = { ms = 500 } }", Action::Stop(Span { ms: 500 }));
        check(
            "{ signal = \"SIGTERM\" }",
            Action::Signal(SignalName::of(15)),
        );
        check(
            "{ errno = \"EINTR\" }",
            Action::Errno(ErrnoName(Errno::EINTR)),
        );
        check("{ short = 1 }", Action::Short(1));
        check("{ delay = { ms = 20 } }", Action::Delay(Span { ms: 20 }));
    }

    #[test]
    fn a_call_has_a_name_that_the_recorder_knows() {
        let text = "[[intervention]]\nat = { process = \"main\", call = \"wirte\" }\ndo = \"kill\"";
        let file: File = toml::from_str(text).unwrap();
        assert!(file.intervention[0].fault().unwrap().contains("no call"));
    }

    #[test]
    fn any_call_can_be_meant_and_each_in_turn() {
        let text = "[[intervention]]\nat = { process = \"main/*\", call = \"any\", in_turn = true }\ndo = \"kill\"";
        let file: File = toml::from_str(text).unwrap();
        assert_eq!(file.intervention[0].fault(), None);
        assert!(file.intervention[0].at.in_turn);
    }

    #[test]
    fn nonsense_is_refused() {
        check_refused("\"explode\"", "unknown variant");
        check_refused("{ stop = { ms = 5 }, short = 1 }", "exactly 1");
        check_refused("{ errno = \"EWHAT\" }", "unknown error `EWHAT`");
        check_refused("{ short = 0 }", "at least 1");
        check_refused("{ delay = { seconds = 1 } }", "unknown field");
    }
}
