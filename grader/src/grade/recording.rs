//! One run of one answer, with its whole record: for pictures, not for points.

use super::{Attempt, GradeError, Grader, Options};
use crate::check::{self, Expected};
use crate::compile::{Author, Built};
use crate::course::{Case, Course, ExerciseRef};
use crate::grade::runs::command_line;
use crate::progress::Progress;
use crate::record::Record;
use crate::run::{self, Outcome};
use crate::submission::{Answer, Answers};
use crate::trace::calls::Data;
use crate::verdict::Finding;

/// Which run is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordRequest {
    /// A case by its name, or without one the first case with a finding, else the first.
    Case(Option<String>),
    /// The program with these arguments, as a person would run it.
    Arguments(Vec<String>),
}

/// A run, and what was found in it.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Everything seen of the run.
    pub record: Record,
    /// What was found, the one to act on first; nothing where no case says what is expected.
    pub findings: Vec<Finding>,
    /// The case that was run.
    pub case: Option<String>,
}

/// Runs the checkout's answer to an exercise once, and records everything, moved data included.
///
/// # Errors
/// When the grader could not work, when there is no answer, or when it does not compile.
pub fn record(
    course: &Course,
    exercise: ExerciseRef<'_>,
    request: &RecordRequest,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Recorded, GradeError> {
    let mut grader = Grader::new(course, options)?;
    let source = match Answers::Checkout.answer(course, exercise) {
        Answer::Source(source) => source,
        Answer::Missing => return Err(GradeError::no_answer(exercise, "the file is not there")),
        Answer::Refused { reason } => return Err(GradeError::no_answer(exercise, &reason)),
    };
    let attempt = Attempt { exercise, source };
    let case = match request {
        RecordRequest::Case(name) => Some(grader.choose(&attempt, name.as_deref(), progress)?),
        RecordRequest::Arguments(_) => None,
    };
    let program = match grader.build_one(&attempt, progress)? {
        Built::Program(program) => program,
        Built::Refused(said) => return Err(GradeError::DoesNotCompile { said }),
    };
    // A run by hand has the limits of the first case, and nothing is expected of it.
    let limits = case.unwrap_or(&exercise.exercise.cases[0]);
    let args = match request {
        RecordRequest::Arguments(args) => args.clone(),
        RecordRequest::Case(_) => limits.arguments(exercise.name(), &options.seed),
    };
    let command = command_line(exercise, &args);
    let arguments = args.len();
    let outcome = run::run_case(
        &program,
        args,
        limits,
        &exercise.exercise.needs,
        Data::Traced,
        &grader.hidden(),
    )?;
    let Outcome::Recorded(record) = outcome else {
        return Err(GradeError::no_answer(
            exercise,
            "the program killed the process that ran it",
        ));
    };
    let mut findings = Vec::new();
    if let Some(case) = case {
        let output = case
            .has_snapshot()
            .then(|| exercise.snapshot(case))
            .transpose()?;
        let expected = Expected {
            exercise: exercise.exercise,
            case,
            command: &command,
            arguments,
            output: output.as_deref(),
        };
        let checked = check::check(&expected, &record);
        findings.extend(checked.found.into_iter().map(|it| it.finding));
    }
    Ok(Recorded {
        record: *record,
        findings,
        case: case.map(|case| case.name.as_ref().clone()),
    })
}

impl<'a> Grader<'a> {
    /// The case of this name; without a name the first with a finding, else the first.
    fn choose(
        &mut self,
        attempt: &Attempt<'a>,
        name: Option<&str>,
        progress: &dyn Progress,
    ) -> Result<&'a Case, GradeError> {
        let cases = &attempt.exercise.exercise.cases;
        let find = |name: &str| cases.iter().find(|case| case.name.as_ref() == name);
        if let Some(name) = name {
            return find(name).ok_or_else(|| {
                let known: Vec<&str> = cases
                    .iter()
                    .map(|case| case.name.as_ref().as_str())
                    .collect();
                GradeError::UnknownCase {
                    name: name.to_owned(),
                    known: known.join(", "),
                }
            });
        }
        let verdicts = self.judge(std::slice::from_ref(attempt), progress)?;
        let findings = verdicts.first().map(|verdict| &verdict.findings);
        let first = findings.and_then(|findings| findings.iter().find_map(|it| find(&it.case)));
        Ok(first.unwrap_or(&cases[0]))
    }

    fn build_one(
        &self,
        attempt: &Attempt<'a>,
        progress: &dyn Progress,
    ) -> Result<Built, GradeError> {
        let _lock = crate::work::lock(&self.work, progress)?;
        let source = self.source(attempt.exercise, &attempt.source, Author::Student);
        let key = source.key.clone();
        let mut built = self.build(&[source], progress)?;
        Ok(built
            .remove(&key)
            .unwrap_or_else(|| Built::Refused(String::new())))
    }
}
