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
use crate::verdict::{Finding, Status, Verdict};

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

/// An answer with full points and the reference answer, run in the same case.
#[derive(Debug, Clone)]
pub struct Compared {
    /// Everything seen of the checkout's answer.
    pub yours: Record,
    /// Everything seen of the reference answer.
    pub reference: Record,
    /// The text of the checkout's answer.
    pub your_text: String,
    /// The text of the reference answer.
    pub reference_text: String,
    /// The case that was run.
    pub case: String,
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
    let attempt = attempt(course, exercise, &Answers::Checkout)?;
    let case = match request {
        RecordRequest::Case(name) => Some(grader.choose(&attempt, name.as_deref(), progress)?),
        RecordRequest::Arguments(_) => None,
    };
    // A run by hand has the limits of the first case, and nothing is expected of it.
    let limits = case.unwrap_or(&exercise.exercise.cases[0]);
    let args = match request {
        RecordRequest::Arguments(args) => args.clone(),
        RecordRequest::Case(_) => limits.arguments(exercise.name(), &options.seed),
    };
    let command = command_line(exercise, &args);
    let arguments = args.len();
    let record = grader.run_once(&attempt, args, limits, progress)?;
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
        record,
        findings,
        case: case.map(|case| case.name.as_ref().clone()),
    })
}

/// Runs the checkout's answer and the reference answer once each, in the case of this name or else in the first. The verdict
/// on the checkout's answer comes back instead while it has no full points: whoever has no answer yet should not see one.
///
/// # Errors
/// When the grader could not work, or one of the two answers is not there.
pub fn compare(
    course: &Course,
    exercise: ExerciseRef<'_>,
    case: Option<&str>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Result<Compared, Verdict>, GradeError> {
    Answers::Solutions.inspect(course)?;
    let mut grader = Grader::new(course, options)?;
    let yours = attempt(course, exercise, &Answers::Checkout)?;
    let reference = attempt(course, exercise, &Answers::Solutions)?;
    let case = match case {
        Some(name) => find_case(exercise, name)?,
        None => &exercise.exercise.cases[0],
    };
    let verdicts = grader.judge(std::slice::from_ref(&yours), progress)?;
    let unsolved = |it: &Verdict| !matches!(it.status, Status::Passed | Status::NotObserved);
    if let Some(verdict) = verdicts.into_iter().find(unsolved) {
        return Ok(Err(verdict));
    }
    let args = case.arguments(exercise.name(), &options.seed);
    Ok(Ok(Compared {
        yours: grader.run_once(&yours, args.clone(), case, progress)?,
        reference: grader.run_once(&reference, args, case, progress)?,
        your_text: yours.source.as_one_text(),
        reference_text: reference.source.as_one_text(),
        case: case.name.as_ref().clone(),
    }))
}

/// The answer that is to be run.
fn attempt<'a>(
    course: &Course,
    exercise: ExerciseRef<'a>,
    answers: &Answers,
) -> Result<Attempt<'a>, GradeError> {
    match answers.answer(course, exercise) {
        Answer::Source(source) => Ok(Attempt { exercise, source }),
        Answer::Missing => Err(GradeError::no_answer(exercise, "the file is not there")),
        Answer::Refused { reason } => Err(GradeError::no_answer(exercise, &reason)),
    }
}

fn find_case<'a>(exercise: ExerciseRef<'a>, name: &str) -> Result<&'a Case, GradeError> {
    let cases = &exercise.exercise.cases;
    let found = cases.iter().find(|case| case.name.as_ref() == name);
    found.ok_or_else(|| {
        let known: Vec<&str> = cases
            .iter()
            .map(|case| case.name.as_ref().as_str())
            .collect();
        GradeError::UnknownCase {
            name: name.to_owned(),
            known: known.join(", "),
        }
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
        if let Some(name) = name {
            return find_case(attempt.exercise, name);
        }
        let verdicts = self.judge(std::slice::from_ref(attempt), progress)?;
        let findings = verdicts.first().map(|verdict| &verdict.findings);
        let find = |name: &str| find_case(attempt.exercise, name).ok();
        let first = findings.and_then(|findings| findings.iter().find_map(|it| find(&it.case)));
        Ok(first.unwrap_or(&attempt.exercise.exercise.cases[0]))
    }

    /// Builds an answer and runs it once, under the conditions of a case.
    fn run_once(
        &self,
        attempt: &Attempt<'a>,
        args: Vec<String>,
        case: &Case,
        progress: &dyn Progress,
    ) -> Result<Record, GradeError> {
        let program = match self.build_one(attempt, progress)? {
            Built::Program(program) => program,
            Built::Refused(said) => return Err(GradeError::DoesNotCompile { said }),
        };
        let needs = &attempt.exercise.exercise.needs;
        match run::run_case(&program, args, case, needs, Data::Traced, &self.hidden())? {
            Outcome::Recorded(record) => Ok(*record),
            _ => Err(GradeError::no_answer(
                attempt.exercise,
                "the program killed the process that ran it",
            )),
        }
    }

    fn build_one(
        &self,
        attempt: &Attempt<'a>,
        progress: &dyn Progress,
    ) -> Result<Built, GradeError> {
        let _lock = crate::work::lock(&self.work, progress)?;
        let source = self.source(attempt.exercise, &attempt.source, Author::Student)?;
        let key = source.key.clone();
        let mut built = self.build(&[source], progress)?;
        Ok(built
            .remove(&key)
            .unwrap_or_else(|| Built::Refused(String::new())))
    }
}
