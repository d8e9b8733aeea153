//! Runs of many cases, side by side, and the reference outputs that some of them are held against.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::kept::{KEPT_SCHEMA, Keep, Kept, KeptRun};
use super::verdicts::Found;
use super::{CacheUse, GradeError, Grader};
use crate::cache::{Cache, Key};
use crate::check::near::near;
use crate::check::{self, Expected};
use crate::course::{Case, ExerciseRef};
use crate::normalise::normalise;
use crate::progress::{Progress, Spent, Stage};
use crate::record::{Ending, Limit, Record};
use crate::run::{self, Outcome, RunError};
use crate::sandbox::family;
use crate::timeline::words;
use crate::trace::calls::Data;

/// A run that has to be done.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub(super) attempt: usize,
    pub(super) exercise: ExerciseRef<'a>,
    pub(super) case: &'a Case,
    pub(super) program: PathBuf,
    /// The reference program, where the case compares with its output.
    pub(super) reference: Option<Reference>,
}

/// A reference program, and the hash of what it was made from.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) program: PathBuf,
    pub(super) key: String,
}

impl Grader<'_> {
    /// Runs the tasks on several threads, and returns what was found, by attempt.
    pub(super) fn run_all(
        &self,
        tasks: &[Task<'_>],
        attempts: usize,
        progress: &dyn Progress,
    ) -> Result<Vec<Vec<Found>>, GradeError> {
        // What a killed runner leaves becomes this process's own, to be ended.
        family::adopt_orphans().map_err(|source| RunError::Start { source })?;
        progress.begin(Stage::Running, tasks.len());
        let next = AtomicUsize::new(0);
        let results: Mutex<Vec<Option<Result<Found, GradeError>>>> =
            Mutex::new(tasks.iter().map(|_| None).collect());
        std::thread::scope(|scope| {
            for _ in 0..self.options.jobs.clamp(1, tasks.len().max(1)) {
                scope.spawn(|| {
                    while let Some((at, task)) = take(tasks, &next) {
                        let result = self.run_task(task, progress);
                        let failed = result.is_err();
                        if let Ok(mut results) = results.lock() {
                            results[at] = Some(result);
                        }
                        progress.advance(task.exercise.name());
                        if failed {
                            // The others stop after what they are at.
                            next.store(tasks.len(), Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        progress.end();
        let mut found: Vec<Vec<Found>> = (0..attempts).map(|_| Vec::new()).collect();
        let results = results.into_inner().unwrap_or_default();
        for (task, result) in tasks.iter().zip(results) {
            if let Some(result) = result {
                found[task.attempt].push(result?);
            }
        }
        Ok(found)
    }

    fn run_task(&self, task: &Task<'_>, progress: &dyn Progress) -> Result<Found, GradeError> {
        let args = task
            .case
            .arguments(task.exercise.name(), &self.options.seed);
        let output = match &task.reference {
            Some(reference) if task.case.output.snapshot => {
                Some(self.reference_output(task, reference, &args)?)
            }
            _ if task.case.has_snapshot() => Some(task.exercise.snapshot(task.case)?),
            _ => None,
        };
        let command = command_line(task.exercise, &args);
        let expected = Expected {
            exercise: task.exercise.exercise,
            case: task.case,
            command: &command,
            arguments: args.len(),
            output: output.as_deref(),
        };
        let case = task.case.name.as_ref().clone();
        let run = |data| -> Result<Outcome, GradeError> {
            let outcome = run::run_case(
                &task.program,
                args.clone(),
                task.case,
                &task.exercise.exercise.needs,
                data,
                &self.hidden(),
            )?;
            if let Outcome::Recorded(record) = &outcome {
                progress.spent(Spent::Programs, Duration::from_micros(record.usage.wall_us));
            }
            Ok(outcome)
        };
        let data = data_for(task);
        let mut outcome = run(data)?;
        if let Outcome::Recorded(record) = &outcome
            && data == Data::OutputOnly
            && check::needs_data(record)
        {
            outcome = run(Data::Traced)?;
        }
        let checked = match &outcome {
            Outcome::Recorded(record) => check::check(&expected, record),
            Outcome::RunnerKilled => check::runner_killed(&expected),
        };
        let kept = match outcome {
            Outcome::Recorded(record) if self.options.keep == Keep::Failed => {
                let near = near(&record, &task.case.limits).into_iter();
                let near = near.map(|it| (case.clone(), it)).collect();
                let run = (!checked.found.is_empty()).then(|| KeptRun {
                    schema: KEPT_SCHEMA.to_owned(),
                    lab: task.exercise.lab.folder.clone(),
                    exercise: task.exercise.name().to_owned(),
                    case: case.clone(),
                    is_hidden: task.case.hidden,
                    command,
                    arguments: args.len(),
                    expected: output,
                    record: *record,
                });
                let run = run.map(Box::new);
                Some(Kept { run, near })
            }
            _ => None,
        };
        Ok(Found {
            case,
            points: task.case.points,
            checked,
            kept,
        })
    }

    /// What no run may see: the course, with its expected outputs and answers, and the grader's own folder.
    pub(super) fn hidden(&self) -> [PathBuf; 2] {
        [self.course.root.clone(), self.work.clone()]
    }

    /// The reference program's normalised output for these arguments.
    fn reference_output(
        &self,
        task: &Task<'_>,
        reference: &Reference,
        args: &[String],
    ) -> Result<String, GradeError> {
        let cache = Cache::new(&self.work, "reference-outputs");
        let key = args
            .iter()
            .fold(
                Key::of("output/1").with(&reference.key).with(&self.tools),
                Key::with,
            )
            .with(&task.case.stdin)
            .name();
        if self.options.cache == CacheUse::Use
            && let Some(output) = cache.get(&key)
        {
            return Ok(output);
        }
        let record = match run::run_case(
            &reference.program,
            args.to_vec(),
            task.case,
            &task.exercise.exercise.needs,
            Data::OutputOnly,
            &self.hidden(),
        )? {
            Outcome::Recorded(record) => record,
            Outcome::RunnerKilled => return Err(reference_fault(task, "it killed the runner")),
        };
        if !ended_as_expected(task.case, &record) {
            let fault = format!(
                "it {} with the arguments {args:?}",
                words::ending(record.ending)
            );
            // That the answer ends in time is seen by self-check. Where it does not, the machine has too much to do.
            if matches!(record.ending, Ending::Exceeded { limit: Limit::Time }) {
                return Err(GradeError::SlowReference {
                    exercise: task.exercise.name().to_owned(),
                    fault,
                });
            }
            return Err(reference_fault(task, &fault));
        }
        let output = normalise(&record.stdout);
        cache.put(&key, &output);
        Ok(output)
    }
}

fn take<'t, 'a>(tasks: &'t [Task<'a>], next: &AtomicUsize) -> Option<(usize, &'t Task<'a>)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    tasks.get(at).map(|task| (at, task))
}

fn reference_fault(task: &Task<'_>, fault: &str) -> GradeError {
    GradeError::Reference {
        exercise: task.exercise.name().to_owned(),
        fault: fault.to_owned(),
    }
}

fn ended_as_expected(case: &Case, record: &Record) -> bool {
    match record.ending {
        Ending::Exited { code } => {
            case.exit.signal.is_none() && code == case.exit.code.unwrap_or(0)
        }
        Ending::Signaled { .. } => case.exit.signal.is_some(),
        Ending::Hung | Ending::Exceeded { .. } => false,
    }
}

/// The command line by which a person repeats a run.
pub(super) fn command_line(exercise: ExerciseRef<'_>, args: &[String]) -> String {
    let mut line = format!(
        "cargo run -q -p {} --bin {}",
        exercise.lab.package,
        exercise.program()
    );
    if !args.is_empty() {
        line.push_str(" --");
    }
    for arg in args {
        line.push(' ');
        line.push_str(&quoted(arg));
    }
    line
}

/// A word as a shell wants it.
pub(crate) fn quoted(arg: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_=./,:+%@".contains(letter);
    if !arg.is_empty() && arg.chars().all(plain) {
        arg.to_owned()
    } else {
        format!("'{}'", arg.replace('\'', r"'\''"))
    }
}

/// Whether a case needs to know what data was moved, and what memory was used.
fn data_for(task: &Task<'_>) -> Data {
    if task.exercise.exercise.needs_memory(task.case) {
        Data::TracedWithMemory
    } else if task.exercise.exercise.needs_data(task.case) {
        Data::Traced
    } else {
        Data::OutputOnly
    }
}
