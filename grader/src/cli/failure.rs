//! Why a command has no result: the error, what to do about it, and the exit code.

use std::fmt::Display;

use super::exit::Exit;
use crate::course::{CourseError, DiagnosisError, UnknownName};
use crate::grade::{ErrorKind, GradeError};
use crate::report::style::{Role, Style};
use crate::report::visible;

/// An error on its way to the person who typed the command.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    error: anyhow::Error,
    hint: Option<String>,
}

impl Failure {
    /// The command line asks for something that does not exist or does not fit.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Exit::Usage, error)
    }

    /// The grader could not work.
    pub fn infrastructure(error: impl Into<anyhow::Error>) -> Self {
        Self::new(Exit::Infrastructure, error)
    }

    fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit,
            error: error.into(),
            hint: None,
        }
    }

    /// The same failure, with the step that failed in front: a fragment that fits behind "failed to".
    #[must_use]
    pub fn while_it(self, step: impl Display + Send + Sync + 'static) -> Self {
        Self {
            error: self.error.context(step),
            ..self
        }
    }

    /// The same failure with a line that says what to do.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// The text for standard error, ending with a newline.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        if self.exit == Exit::Interrupted {
            return "interrupted: there is no report\n".to_owned();
        }
        let mut text = String::from("failed to ");
        let mut before = String::new();
        for cause in self.error.chain() {
            let cause = cause.to_string();
            // Some messages contain the text of their cause.
            if !before.contains(&cause) {
                if !before.is_empty() {
                    text.push_str(": ");
                }
                text.push_str(&cause);
            }
            before = cause;
        }
        let error = style.paint(Role::Bad, "error:");
        let mut shown = format!("{error} {}\n", visible::lines(&text, style));
        if let Some(hint) = &self.hint {
            let hint = visible::lines(hint, style);
            shown.push_str(&format!("{} {hint}\n", style.paint(Role::Strong, "hint:")));
        }
        shown
    }
}

impl From<CourseError> for Failure {
    fn from(error: CourseError) -> Self {
        let exit = match error {
            CourseError::NotFound { .. } | CourseError::Faulty { .. } => Exit::Usage,
            CourseError::Read { .. } => Exit::Infrastructure,
        };
        Self::new(exit, error)
    }
}

impl From<UnknownName> for Failure {
    fn from(error: UnknownName) -> Self {
        Self::usage(error).while_it("find what was asked for")
    }
}

impl From<DiagnosisError> for Failure {
    fn from(error: DiagnosisError) -> Self {
        let exit = match error {
            DiagnosisError::Unknown { .. } | DiagnosisError::Faulty { .. } => Exit::Usage,
            DiagnosisError::Read { .. } => Exit::Infrastructure,
        };
        Self::new(exit, error)
    }
}

impl From<GradeError> for Failure {
    fn from(error: GradeError) -> Self {
        let exit = match error.kind() {
            ErrorKind::Description => Exit::Usage,
            ErrorKind::Infrastructure => Exit::Infrastructure,
            ErrorKind::Submission => Exit::Submission,
            ErrorKind::Interrupted => Exit::Interrupted,
        };
        Self::new(exit, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Sample {
        #[error("read x")]
        Plain(#[source] std::io::Error),
        #[error("start x: {0}, twice")]
        Contained(#[source] std::io::Error),
    }

    #[track_caller]
    fn check(error: Sample, expected: &str) {
        let failure = Failure::infrastructure(error)
            .while_it("do it")
            .hint("do that");
        assert_eq!(failure.render(Style::plain()), expected);
        assert_eq!(failure.exit, Exit::Infrastructure);
    }

    #[test]
    fn the_chain_of_causes_is_one_sentence() {
        let cause = || std::io::Error::other("no \u{1b}[2J");
        check(
            Sample::Plain(cause()),
            "error: failed to do it: read x: no \\u{1b}[2J\nhint: do that\n",
        );
        check(
            Sample::Contained(cause()),
            "error: failed to do it: start x: no \\u{1b}[2J, twice\nhint: do that\n",
        );
    }
}
