//! A run that was kept with its verdict: for an appeal, and for the picture in a student's feedback.
//!
//! It holds everything that the checks saw, so that they come to the same findings again without running anything.

use serde::{Deserialize, Serialize};

use super::{GradeError, Recorded};
use crate::check::near::Near;
use crate::check::{self, Expected};
use crate::course::Course;
use crate::record::Record;
use crate::verdict::CaseVerdict;

/// Name and version of the form.
pub const KEPT_SCHEMA: &str = "forklings/kept-run/v1";

/// Whether runs are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// None is.
    #[default]
    Nothing,
    /// Of each exercise that has findings, the run that shows the first; and of all runs, how near they came to their limits.
    Failed,
}

/// What is kept of an attempt's runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The run that shows the first finding.
    pub run: Option<Box<KeptRun>>,
    /// The cases whose runs came near a limit.
    pub near: Vec<(String, Near)>,
}

/// A run of one case, with what it was held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRun {
    /// [`KEPT_SCHEMA`].
    pub schema: String,
    /// The lab's folder.
    pub lab: String,
    /// The exercise.
    pub exercise: String,
    /// The case.
    pub case: String,
    /// Whether students may not see this case.
    #[serde(default)]
    pub is_hidden: bool,
    /// The command line as a person would type it.
    pub command: String,
    /// How many arguments the program had.
    pub arguments: usize,
    /// The output that was expected; `None` where the case does not compare it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// Everything seen of the run.
    pub record: Record,
}

/// What a kept run says again.
#[derive(Debug, Clone)]
pub struct Retold {
    /// The record with its findings.
    pub recorded: Recorded,
    /// The points of the case.
    pub case: CaseVerdict,
}

impl KeptRun {
    /// Checks the record again, by what the course says today.
    ///
    /// # Errors
    /// When the course has no such exercise or case.
    pub fn retell(&self, course: &Course) -> Result<Retold, GradeError> {
        let exercise = course.exercise(&self.exercise).map_err(|unknown| {
            let exercise = self.exercise.clone();
            GradeError::NoAnswer {
                exercise,
                fault: unknown.to_string(),
            }
        })?;
        let mut cases = exercise.exercise.cases.iter();
        let case = cases
            .find(|case| *case.name.as_ref() == self.case)
            .ok_or_else(|| GradeError::UnknownCase {
                name: self.case.clone(),
                known: "another course's".to_owned(),
            })?;
        let expected = Expected {
            exercise: exercise.exercise,
            case,
            command: &self.command,
            arguments: self.arguments,
            output: self.expected.as_deref(),
        };
        let checked = check::check(&expected, &self.record);
        let points = checked.points(case.points);
        let findings = checked.found.into_iter().map(|it| it.finding).collect();
        Ok(Retold {
            recorded: Recorded {
                record: self.record.clone(),
                findings,
                case: Some(self.case.clone()),
            },
            case: CaseVerdict {
                case: self.case.clone(),
                points: points.earned,
                max_points: points.max,
            },
        })
    }
}
