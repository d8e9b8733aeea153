//! Verdicts: the findings and points of each exercise, and the report that holds them.
//!
//! These types are the public, versioned JSON report. They hold no times: the same submission gives the
//! same bytes.

use serde::{Deserialize, Serialize};

pub use crate::record::{Layer, LayerState, Mode, Refusal};

/// Name and version of the JSON report.
pub const REPORT_SCHEMA: &str = "forklings/report/v1";

/// The verdicts of everything that was graded together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// [`REPORT_SCHEMA`].
    pub schema: String,
    /// The sum of the points earned.
    pub points: u32,
    /// The sum of the points that could be earned here.
    pub max_points: u32,
    /// The protections that were active in every run.
    pub layers: Vec<Layer>,
    /// The verdicts, in course order.
    pub exercises: Vec<Verdict>,
    /// What else the reader should know, such as files of a submission that were not used.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub notes: Vec<String>,
}

/// The verdict on one exercise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The lab's folder name, such as `02-pipes`.
    pub lab: String,
    /// The exercise's name.
    pub exercise: String,
    /// The file that the student edits, below the lab's `src/bin`, where it is not called after the exercise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// The summary of the verdict in one word.
    pub status: Status,
    /// Points earned.
    pub points: u32,
    /// Points that could be earned here.
    pub max_points: u32,
    /// The cases that were to be run, in the order of `lab.toml`.
    pub cases: Vec<CaseVerdict>,
    /// What was found, the one to act on first.
    pub findings: Vec<Finding>,
    /// The compiler's own message, where the answer does not compile.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub compiler: Option<String>,
    /// Points of cases that this copy of the course cannot run (they need the reference solution).
    #[serde(skip_serializing_if = "is_zero", default)]
    pub points_elsewhere: u32,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Verdict {
    /// The path of the student's file, relative to the checkout.
    #[must_use]
    pub fn path(&self) -> String {
        let own = || format!("{}.rs", self.exercise);
        let file = self.file.clone().unwrap_or_else(own);
        format!("labs/{}/src/bin/{file}", self.lab)
    }
}

/// The points of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseVerdict {
    /// The case's name.
    pub case: String,
    /// Points earned.
    pub points: u32,
    /// Points that could be earned.
    pub max_points: u32,
}

/// The summary of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Full points.
    Passed,
    /// Points are missing.
    Failed,
    /// The file is the stub, unchanged, or is not there.
    NotAttempted,
    /// The compiler refused it.
    DoesNotCompile,
    /// Evidence that decides points could not be collected on this host.
    NotObserved,
}

/// One thing that was expected and not seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The case in which it was found; empty where no case ran.
    pub case: String,
    /// The stable name of what is wrong.
    pub diagnosis: String,
    /// What is wrong in this run, in one or two sentences: what was expected and what was seen.
    pub message: String,
    /// Where to look: a command line, a source line, a process; empty where there is no such place.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub place: String,
    /// Points that this finding costs.
    pub points_lost: u32,
    /// Expected and seen text, where the difference between them is the finding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub difference: Option<Difference>,
}

/// Two texts that should be equal, both normalised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub seen: String,
}
