//! A graded class as it is read back: manifest and results, in the class's order.

use std::collections::BTreeMap;

use grader::verdict::{REPORT_SCHEMA, Report};

use crate::policy::{Lateness, Override, Policy};
use crate::roster::{Field, Student};
use crate::store::{Graded, Manifest, Outcome, RESULT_SCHEMA, State, Store};

/// A class with all of its results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Class {
    /// What was graded.
    pub(crate) manifest: Manifest,
    /// The results, in the class's order.
    pub(crate) outcomes: Vec<Outcome>,
    /// What marks become after the verdict.
    pub(crate) policy: Policy,
}

impl Class {
    /// Reads the results of the manifest's students. A student without a result is not graded yet.
    pub(crate) fn read(manifest: Manifest, store: &Store) -> Self {
        let outcomes = manifest.students.iter().map(|(_, id)| {
            let outcome = store.get(id);
            outcome.unwrap_or_else(|| Outcome {
                schema: RESULT_SCHEMA.to_owned(),
                student: Student {
                    id: id.clone(),
                    ..Student::default()
                },
                is_enrolled: true,
                entries: Vec::new(),
                commit: None,
                times: BTreeMap::new(),
                workflow: Vec::new(),
                state: State::NotGraded {
                    reason: "there is no result yet".to_owned(),
                },
                notes: Vec::new(),
                verdicts: Vec::new(),
            })
        });
        let outcomes = outcomes.collect();
        Self {
            manifest,
            outcomes,
            policy: Policy::default(),
        }
    }

    /// The labs, in course order.
    pub(crate) fn labs(&self) -> Vec<&str> {
        let mut labs: Vec<&str> = Vec::new();
        for graded in &self.manifest.exercises {
            if labs.last() != Some(&graded.lab.as_str()) {
                labs.push(&graded.lab);
            }
        }
        labs
    }

    /// A student's report, as if graded alone.
    pub(crate) fn report(&self, outcome: &Outcome) -> Report {
        let exercises: Vec<_> = outcome
            .verdicts
            .iter()
            .map(|judged| judged.verdict.clone())
            .collect();
        let marks = self.marks(outcome);
        Report {
            schema: REPORT_SCHEMA.to_owned(),
            points: marks.iter().filter_map(|it| it.points).sum(),
            max_points: marks.iter().map(|it| it.max_points).sum(),
            layers: self.manifest.layers.clone(),
            exercises,
            notes: outcome.notes.clone(),
        }
    }

    /// A student's points for each exercise, in the manifest's order.
    pub(crate) fn marks<'a>(&'a self, outcome: &Outcome) -> Vec<Mark<'a>> {
        let mark = |graded: &'a Graded| {
            let verdict = outcome
                .verdicts
                .iter()
                .map(|judged| &judged.verdict)
                .find(|it| it.lab == graded.lab && it.exercise == graded.exercise);
            let changed = self.policy.changed(&outcome.student.id, &graded.exercise);
            let points = match (&outcome.state, verdict) {
                _ if changed.is_some() => changed.map(|it| it.points),
                (State::Graded | State::Missing, Some(verdict)) => Some(verdict.points),
                (State::Graded | State::NotGraded { .. }, _) => None,
                (State::Missing | State::Refused { .. }, _) => Some(0),
            };
            Mark {
                graded,
                points,
                max_points: verdict.map_or(graded.points, |it| it.max_points),
            }
        };
        self.manifest.exercises.iter().map(mark).collect()
    }

    /// A student's points for each lab, when lateness and changed marks are accounted for.
    pub(crate) fn lab_marks<'a>(&'a self, outcome: &Outcome) -> Vec<LabMark<'a>> {
        let id = &outcome.student.id;
        let labs = self.labs();
        let late = self.policy.lateness(outcome, &labs);
        let marks = self.marks(outcome);
        let mark = |lab: &'a str| {
            let lateness = late.get(lab).copied().unwrap_or(Lateness::NotDue);
            let own = marks.iter().filter(|it| it.graded.lab == lab);
            let mut points = Some(0);
            let mut changed = 0;
            for mark in own.clone() {
                // A mark that a person has set is not made smaller by the time.
                if self.policy.changed(id, &mark.graded.exercise).is_some() {
                    changed += mark.points.unwrap_or(0);
                } else {
                    points = points.zip(mark.points).map(|(sum, points)| sum + points);
                }
            }
            let points = points.map(|it| self.policy.reduced(it, lateness) + changed);
            LabMark {
                lab,
                points: match self.policy.changed(id, lab) {
                    Some(change) => Some(change.points),
                    None => points,
                },
                max_points: own.map(|it| it.max_points).sum(),
                lateness,
            }
        };
        labs.into_iter().map(mark).collect()
    }

    /// A student's points in all; `None` where a part is not known.
    pub(crate) fn total(&self, outcome: &Outcome) -> Option<u32> {
        self.lab_marks(outcome).iter().map(|it| it.points).sum()
    }

    /// The changed marks of a student: of what, how many points, and why.
    pub(crate) fn changes(&self, outcome: &Outcome) -> Vec<(&str, &Override)> {
        let exercises = self
            .manifest
            .exercises
            .iter()
            .map(|it| it.exercise.as_str());
        let names = self.labs().into_iter().chain(exercises);
        names
            .filter_map(|name| Some((name, self.policy.changed(&outcome.student.id, name)?)))
            .collect()
    }
}

/// What a lab brings a student.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LabMark<'a> {
    /// The lab.
    pub(crate) lab: &'a str,
    /// The points; `None` where the grader could not work.
    pub(crate) points: Option<u32>,
    /// What could be earned.
    pub(crate) max_points: u32,
    /// How late it is.
    pub(crate) lateness: Lateness,
}

/// What an exercise brings a student.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark<'a> {
    /// The exercise.
    pub(crate) graded: &'a Graded,
    /// The points; `None` where the grader could not work.
    pub(crate) points: Option<u32>,
    /// What could be earned.
    pub(crate) max_points: u32,
}

/// The words for a state.
pub(crate) fn state_words(state: &State) -> &'static str {
    match state {
        State::Graded => "graded",
        State::Missing => "missing",
        State::Refused { .. } => "refused",
        State::NotGraded { .. } => "not graded",
    }
}

/// A student's name in a list: with the key where it is another.
pub(crate) fn called(student: &Student) -> String {
    match student.get(Field::Name) {
        "" => student.id.clone(),
        name if name == student.id => name.to_owned(),
        name => format!("{name} ({})", student.id),
    }
}
