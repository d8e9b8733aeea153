//! The files for platforms, run as the platforms run them: in folders laid out like theirs, with a submission of which is known what it
//! is worth.
//!
//! What belongs to the platform and not to us is played: `sudo`, `gh`, and a cargo that hands out the grader that is built already.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod github;
mod gradescope;
mod prairielearn;
mod stage;
mod syntax;
