//! The exit codes, all in this one list.

use std::process::ExitCode;

/// How the grader ends. The codes are public: scripts and continuous integration rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Graded, all full points; or a command that does not grade has done its work.
    Success = 0,
    /// Graded, points missing; or self-check found something that is not as it should be.
    PointsMissing = 1,
    /// A wrong command line, or a faulty description of a lab.
    Usage = 2,
    /// The grader could not work: worth a retry, and no verdict on anybody.
    Infrastructure = 3,
    /// The submission cannot be graded.
    Submission = 4,
    /// Ended on request, as by Ctrl-C. A shell sees the signal, and this code (128 + SIGINT) only where the signal
    /// did not end the grader.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
