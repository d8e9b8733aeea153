//! Why the grader could not work, and whose fault that is.

use crate::compile::CompileError;
use crate::course::{CourseError, ExerciseRef};
use crate::run::RunError;
use crate::sandbox::interrupt;
use crate::submission::SubmissionError;
use crate::work::WorkError;

/// Why the grader could not work.
#[derive(Debug, thiserror::Error)]
pub enum GradeError {
    /// The submission cannot be graded.
    #[error(transparent)]
    Submission(#[from] SubmissionError),
    /// A description of the course is faulty.
    #[error(transparent)]
    Course(#[from] CourseError),
    /// The answers cannot be built.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// A program cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The reference answer that decides a drawn case fails.
    #[error("use the reference answer of `{exercise}`: {fault}")]
    Reference {
        /// The exercise.
        exercise: String,
        /// What is wrong with it.
        fault: String,
    },
    /// The reference answer that decides a drawn case is not ready within the case's time.
    #[error("use the reference answer of `{exercise}`: {fault}; is this machine very busy?")]
    SlowReference {
        /// The exercise.
        exercise: String,
        /// What happened.
        fault: String,
    },
    /// There is no program to look at.
    #[error("run `{exercise}`: {fault}")]
    NoAnswer {
        /// The exercise.
        exercise: String,
        /// Why there is none.
        fault: String,
    },
    /// The program that was to be looked at does not compile.
    #[error("build the answer\n{said}")]
    DoesNotCompile {
        /// The compiler's own message.
        said: String,
    },
    /// The case that was to be looked at does not exist.
    #[error("find the case `{name}`; the exercise has: {known}")]
    UnknownCase {
        /// What was asked for.
        name: String,
        /// The names of its cases.
        known: String,
    },
    /// The grader's folder cannot be used.
    #[error(transparent)]
    Work(#[from] WorkError),
}

/// Whose fault an error is: it decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The course's own description or harness.
    Description,
    /// This machine; trying again may help.
    Infrastructure,
    /// The submission.
    Submission,
    /// Nobody's: somebody asked the grader to end.
    Interrupted,
}

impl GradeError {
    pub(super) fn no_answer(exercise: ExerciseRef<'_>, fault: &str) -> Self {
        Self::NoAnswer {
            exercise: exercise.name().to_owned(),
            fault: fault.to_owned(),
        }
    }

    /// Whose fault it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            // Whoever asks for the reference answers of a copy without them asks in vain.
            Self::Submission(SubmissionError::NoSolutions { .. }) => ErrorKind::Description,
            Self::Submission(_) => ErrorKind::Submission,
            Self::Course(CourseError::Read { .. })
            | Self::Compile(_)
            | Self::Run(_)
            | Self::Work(_)
                if interrupt::is_requested() =>
            {
                ErrorKind::Interrupted
            }
            Self::NoAnswer { .. } | Self::DoesNotCompile { .. } => ErrorKind::Submission,
            Self::Course(_)
            | Self::UnknownCase { .. }
            | Self::Reference { .. }
            | Self::Compile(CompileError::Harness { .. }) => ErrorKind::Description,
            Self::Compile(_) | Self::Run(_) | Self::Work(_) | Self::SlowReference { .. } => {
                ErrorKind::Infrastructure
            }
        }
    }
}
