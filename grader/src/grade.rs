//! Grading: from answers to verdicts, through overlay, compilation, runs and checks.
//!
//! Every kind of submission goes this way: a student's checkout, the reference answers, a known mistake. A failing program is
//! a finding; an error means that the grader itself could not work, and costs nobody points.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use crate::cache::{self, Cache, Key};
use crate::compile::{Author, Built, Source};
use crate::course::{Case, Course, CourseError, DEFAULT_SEED, ExerciseRef};
use crate::progress::Progress;
use crate::sources::Sources;
use crate::submission::{Answer, Answers};
use crate::verdict::{Layer, REPORT_SCHEMA, Report, Verdict};
use crate::work::{self, Presence};

mod error;
pub mod kept;
mod keys;
pub mod needs;
mod programs;
mod protection;
mod recording;
mod runs;
mod verdicts;

use kept::{Keep, Kept};

pub use error::{ErrorKind, GradeError};
pub use recording::{Compared, RecordRequest, Recorded, compare, record};

pub(crate) use runs::quoted;

use keys::LabHashes;
use protection::Protection;
use runs::Task;
use verdicts::{
    depends_on_machine, does_not_compile, not_attempted, not_possible, refused, runnable, verdict,
};

/// How grading is done.
#[derive(Debug, Clone)]
pub struct Options {
    /// The seed of the drawn arguments.
    pub seed: String,
    /// Whether verdicts that were reached before are used.
    pub cache: CacheUse,
    /// How many runs go on at once.
    pub jobs: usize,
    /// Whether something of the runs is kept, for [`Grader::take_kept`].
    pub keep: Keep,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: DEFAULT_SEED.to_owned(),
            cache: CacheUse::Use,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
            keep: Keep::Nothing,
        }
    }
}

/// Whether verdicts that were reached before are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheUse {
    /// They are.
    Use,
    /// Every program is run again; programs that were built before are used.
    RunAgain,
    /// Everything is built and run again.
    BuildAgain,
}

/// Grades the answers to the selected exercises.
///
/// # Errors
/// When the grader could not work; see [`GradeError::kind`].
pub fn grade(
    course: &Course,
    answers: &Answers,
    selection: &[ExerciseRef<'_>],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Report, GradeError> {
    let mut notes = answers.inspect(course)?;
    let mut grader = Grader::new(course, options)?;
    let mut found = Vec::new();
    for exercise in selection {
        let answer = answers.answer(course, *exercise);
        if *answers == Answers::Checkout && matches!(answer, Answer::Missing) {
            notes.push(format!(
                "{} is not there; `cargo grade reset {}` brings it back",
                exercise.relative_path().display(),
                exercise.name()
            ));
        }
        found.push((*exercise, answer));
    }
    let mut report = grader.grade(found, progress)?;
    report.notes.splice(0..0, notes);
    Ok(report)
}

/// Whether the exercise's own file is as it was at the beginning, whatever the others of its program are.
fn is_stub(exercise: ExerciseRef<'_>, source: &Sources) -> bool {
    let own = source.get(Path::new(&exercise.file()));
    fs::read_to_string(exercise.stub_path()).is_ok_and(|stub| own == Some(stub.as_str()))
}

fn report(exercises: Vec<Verdict>, layers: Vec<Layer>, notes: Vec<String>) -> Report {
    Report {
        schema: REPORT_SCHEMA.to_owned(),
        points: exercises.iter().map(|verdict| verdict.points).sum(),
        max_points: exercises.iter().map(|verdict| verdict.max_points).sum(),
        layers,
        exercises,
        notes,
    }
}

/// What is to become of an answer.
#[derive(Debug, Clone)]
pub enum Sorted<'a> {
    /// There is nothing to run: the verdict is known.
    Settled(Verdict),
    /// It must be judged.
    Open(Attempt<'a>),
}

/// One source, as the answer to one exercise.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// The exercise.
    pub exercise: ExerciseRef<'a>,
    /// The answer's text.
    pub source: Sources,
}

/// A verdict that was reached before, and with which protections: where others are active, it may be another one.
#[derive(Debug, Serialize, Deserialize)]
struct Known {
    active: String,
    verdict: Verdict,
}

/// The grader at work on one course.
#[derive(Debug)]
pub struct Grader<'a> {
    course: &'a Course,
    options: Options,
    work: PathBuf,
    /// What this grader uses is not taken away by another one.
    _presence: Presence,
    has_references: bool,
    tools: String,
    /// The course's lock file.
    lock_bytes: Vec<u8>,
    /// The protections that runs have here, once they are known.
    protection: Protection,
    /// Hashes of the labs that were asked for, by folder.
    labs: Mutex<BTreeMap<String, Arc<LabHashes>>>,
    /// What this host lacks for each exercise for which it was asked.
    lacking: BTreeMap<&'a str, Option<String>>,
    /// What is kept of runs, by the place of their attempt.
    kept: BTreeMap<usize, Kept>,
}

impl<'a> Grader<'a> {
    /// Gets ready to grade: finds the working folder and hashes what decides verdicts.
    ///
    /// # Errors
    /// When the course's files or the working folder cannot be used.
    pub fn new(course: &'a Course, options: &Options) -> Result<Self, GradeError> {
        let work = work::folder(course)?;
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| GradeError::Course(CourseError::Read { path, source })
        };
        let lock = course.root.join("Cargo.lock");
        let lock_bytes = fs::read(&lock).map_err(failed(&lock))?;
        let tools = cache::tools_hash(&work).map_err(failed(Path::new("/proc/self/exe")))?;
        Ok(Self {
            course,
            options: options.clone(),
            _presence: Presence::announce(&work)?,
            work,
            has_references: course.has_solutions(),
            tools,
            lock_bytes,
            protection: Protection::default(),
            labs: Mutex::default(),
            lacking: BTreeMap::new(),
            kept: BTreeMap::new(),
        })
    }

    /// Grades answers, one for each exercise.
    ///
    /// # Errors
    /// When the grader could not work; never because of an answer.
    pub fn grade(
        &mut self,
        answers: Vec<(ExerciseRef<'a>, Answer)>,
        progress: &dyn Progress,
    ) -> Result<Report, GradeError> {
        let mut verdicts: Vec<Option<Verdict>> = Vec::new();
        let mut attempts = Vec::new();
        for (exercise, answer) in answers {
            verdicts.push(match self.sort(exercise, answer) {
                Sorted::Settled(verdict) => Some(verdict),
                Sorted::Open(attempt) => {
                    attempts.push(attempt);
                    None
                }
            });
        }
        let mut judged = self.judge(&attempts, progress)?.into_iter();
        let exercises = verdicts
            .into_iter()
            .filter_map(|verdict| verdict.or_else(|| judged.next()))
            .collect();
        let layers = self.protection.layers()?;
        Ok(report(exercises, layers, self.notes()))
    }

    /// What is to become of an answer: one that was not begun, or cannot be taken, needs no run.
    #[must_use]
    pub fn sort(&self, exercise: ExerciseRef<'a>, answer: Answer) -> Sorted<'a> {
        match answer {
            Answer::Missing => Sorted::Settled(not_attempted(exercise, self.has_references)),
            Answer::Refused { reason } => {
                Sorted::Settled(refused(exercise, reason, self.has_references))
            }
            Answer::Source(source) if is_stub(exercise, &source) => {
                Sorted::Settled(not_attempted(exercise, self.has_references))
            }
            Answer::Source(source) => Sorted::Open(Attempt { exercise, source }),
        }
    }

    /// The hash of everything that decides the verdict on each attempt.
    ///
    /// # Errors
    /// When the course's files cannot be read.
    pub fn keys(&self, attempts: &[Attempt<'a>]) -> Result<Vec<String>, GradeError> {
        let active = self.protection.active()?;
        let references = self.reference_sources(attempts)?;
        let keys = attempts.iter().map(|attempt| {
            let key = self.verdict_key(attempt, references.get(attempt.exercise.name()))?;
            Ok(Key::of("graded/1").with(key).with(&active).name())
        });
        keys.collect()
    }

    /// The protections that runs have here.
    ///
    /// # Errors
    /// When the grader could not work.
    pub fn layers(&self) -> Result<Vec<Layer>, GradeError> {
        Ok(self.protection.layers()?)
    }

    /// What this host lacked for exercises that were to be run.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let lacking = self.lacking.iter();
        let notes = lacking.filter_map(|(exercise, what)| {
            let what = what.as_ref()?;
            Some(format!("{exercise} was not run: {what}"))
        });
        notes.collect()
    }

    /// Judges the attempts, and returns their verdicts in the same order. Several attempts may answer one exercise.
    ///
    /// # Errors
    /// When the grader could not work; never because of an attempt.
    pub fn judge(
        &mut self,
        attempts: &[Attempt<'a>],
        progress: &dyn Progress,
    ) -> Result<Vec<Verdict>, GradeError> {
        self.protection.ask();
        let cache = Cache::new(&self.work, "verdicts");
        self.kept.clear();
        let references = self.reference_sources(attempts)?;
        let keys: Vec<String> = attempts
            .iter()
            .map(|attempt| self.verdict_key(attempt, references.get(attempt.exercise.name())))
            .collect::<Result<_, _>>()?;
        let mut verdicts = Vec::new();
        for key in &keys {
            let known: Option<Known> = match self.options.cache {
                CacheUse::Use if self.options.keep == Keep::Nothing => cache.get(key),
                // A verdict that is remembered has no run to keep.
                CacheUse::Use | CacheUse::RunAgain | CacheUse::BuildAgain => None,
            };
            verdicts.push(match known {
                Some(known) if known.active == self.protection.active()? => Some(known.verdict),
                _ => None,
            });
        }
        let open: Vec<usize> = (0..attempts.len())
            .filter(|at| verdicts[*at].is_none())
            .collect();
        if !open.is_empty() {
            let todo: Vec<&Attempt<'a>> = open.iter().map(|at| &attempts[*at]).collect();
            let judged = self.build_and_run(&todo, &references, progress)?;
            let kept = std::mem::take(&mut self.kept).into_iter();
            self.kept = kept.map(|(at, kept)| (open[at], kept)).collect();
            for (at, verdict) in open.into_iter().zip(judged) {
                let cases = runnable(attempts[at].exercise, self.has_references);
                let full = cases.map(|case| case.points).sum();
                if !depends_on_machine(&verdict, full) {
                    let active = self.protection.active()?;
                    let known = Known { active, verdict };
                    cache.put(&keys[at], &known);
                    verdicts[at] = Some(known.verdict);
                } else {
                    verdicts[at] = Some(verdict);
                }
            }
            cache.forget_oldest();
        }
        Ok(verdicts.into_iter().flatten().collect())
    }

    /// What was kept of the runs of the attempts judged last, by the attempts' places.
    pub fn take_kept(&mut self) -> BTreeMap<usize, Kept> {
        std::mem::take(&mut self.kept)
    }

    /// The reference answers of the exercises that have drawn cases, by name; none in a copy without solutions.
    fn reference_sources(
        &self,
        attempts: &[Attempt<'a>],
    ) -> Result<HashMap<&'a str, Sources>, GradeError> {
        let mut sources = HashMap::new();
        for attempt in attempts {
            let exercise = attempt.exercise;
            let name: &'a str = exercise.exercise.name.as_ref();
            let drawn = exercise.exercise.cases.iter().any(Case::is_drawn);
            if !self.has_references || !drawn || sources.contains_key(name) {
                continue;
            }
            let text = Sources::read(&exercise.solution_base(self.course), exercise);
            let path = exercise.solution_path(self.course);
            let text = text.map_err(|source| CourseError::Read { path, source })?;
            sources.insert(name, text);
        }
        Ok(sources)
    }

    /// What the host lacks for an exercise. It is asked once for each.
    fn ask_host(&mut self, exercise: ExerciseRef<'a>) -> Result<(), GradeError> {
        let name: &'a str = exercise.exercise.name.as_ref();
        if !self.lacking.contains_key(name) {
            let lacking = needs::lacking(&exercise.exercise.needs, &self.hidden())?;
            self.lacking.insert(name, lacking);
        }
        Ok(())
    }

    fn can_run(&self, exercise: ExerciseRef<'_>) -> bool {
        matches!(self.lacking.get(exercise.name()), Some(None))
    }

    fn build_and_run(
        &mut self,
        attempts: &[&Attempt<'a>],
        references: &HashMap<&'a str, Sources>,
        progress: &dyn Progress,
    ) -> Result<Vec<Verdict>, GradeError> {
        let _lock = work::lock(&self.work, progress)?;
        let mut sources: Vec<Source<'_>> = Vec::new();
        for attempt in attempts {
            sources.push(self.source(attempt.exercise, &attempt.source, Author::Student)?);
        }
        for attempt in attempts {
            if let Some(text) = references.get(attempt.exercise.name()) {
                sources.push(self.source(attempt.exercise, text, Author::Course)?);
            }
        }
        let built = self.build(&sources, progress)?;
        let outcomes: Vec<&Built> = sources.iter().map(|source| &built[&source.key]).collect();
        let mut tasks = Vec::new();
        for (at, attempt) in attempts.iter().enumerate() {
            let Built::Program(program) = outcomes[at] else {
                continue;
            };
            let exercise = attempt.exercise;
            self.ask_host(exercise)?;
            if !self.can_run(exercise) {
                continue;
            }
            let reference = self.reference(exercise, references, &built)?;
            for case in runnable(exercise, self.has_references) {
                tasks.push(Task {
                    attempt: at,
                    exercise,
                    case,
                    program: program.clone(),
                    reference: case.is_drawn().then(|| reference.clone()).flatten(),
                });
            }
        }
        let mut found = self.run_all(&tasks, attempts.len(), progress)?;
        let mut kept: Vec<Vec<(String, Kept)>> = Vec::new();
        for found in &mut found {
            let cases = found.iter_mut().filter_map(|it| {
                let kept = it.kept.take()?;
                Some((it.case.clone(), kept))
            });
            kept.push(cases.collect());
        }
        let verdicts: Vec<Verdict> = attempts
            .iter()
            .zip(outcomes)
            .enumerate()
            .map(|(at, (attempt, outcome))| match outcome {
                Built::Program(_) if !self.can_run(attempt.exercise) => {
                    not_possible(attempt.exercise, self.has_references)
                }
                Built::Program(_) => verdict(
                    attempt.exercise,
                    self.has_references,
                    mem::take(&mut found[at]),
                ),
                Built::Refused(said) => {
                    does_not_compile(attempt.exercise, self.has_references, said.clone())
                }
            })
            .collect();
        for (at, (verdict, cases)) in verdicts.iter().zip(kept).enumerate() {
            let first = verdict.findings.first().map(|it| it.case.as_str());
            let all = self.kept.entry(at).or_default();
            for (case, kept) in cases {
                all.near.extend(kept.near);
                if Some(case.as_str()) == first {
                    all.run = kept.run;
                }
            }
        }
        Ok(verdicts)
    }
}
