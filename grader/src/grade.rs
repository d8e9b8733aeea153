//! Grading: from answers to verdicts, through overlay, compilation, runs and checks.
//!
//! Every kind of submission goes this way: a student's checkout, the reference answers, a known mistake. A failing program is
//! a finding; an error means that the grader itself could not work, and costs nobody points.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::cache::{self, Cache, Key};
use crate::check::{self, Expected};
use crate::compile::{Built, CompileError, Source, Workshop};
use crate::course::{Case, Course, CourseError, DEFAULT_SEED, ExerciseRef};
use crate::normalise::normalise;
use crate::progress::{Progress, Spent, Stage};
use crate::record::{Ending, Record};
use crate::run::{self, Outcome, RunError};
use crate::sandbox::{LAYERS, interrupt};
use crate::submission::{Answer, Answers, SubmissionError};
use crate::verdict::{
    CaseVerdict, Finding, Layer, LayerState, REPORT_SCHEMA, Report, Status, Verdict,
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
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: DEFAULT_SEED.to_owned(),
            cache: CacheUse::Use,
            jobs: std::thread::available_parallelism().map_or(1, usize::from),
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
    /// The grader's folder cannot be used.
    #[error(
        "use {path} (is the disk full, or the folder read-only? CARGO_TARGET_DIR chooses another one)"
    )]
    Work {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
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
            | Self::Work { .. }
                if interrupt::is_requested() =>
            {
                ErrorKind::Interrupted
            }
            Self::Course(_)
            | Self::Reference { .. }
            | Self::Compile(CompileError::Harness { .. }) => ErrorKind::Description,
            Self::Compile(_) | Self::Run(_) | Self::Work { .. } => ErrorKind::Infrastructure,
        }
    }
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
    let notes = answers.inspect(course)?;
    let mut grader = Grader::new(course, options)?;
    let mut verdicts: Vec<Option<Verdict>> = Vec::new();
    let mut attempts = Vec::new();
    for exercise in selection {
        let verdict = match answers.answer(course, *exercise) {
            Answer::Missing => Some(not_attempted(*exercise, grader.has_references)),
            Answer::Refused { reason } => Some(refused(*exercise, reason, grader.has_references)),
            Answer::Source(source) if is_stub(*exercise, &source) => {
                Some(not_attempted(*exercise, grader.has_references))
            }
            Answer::Source(source) => {
                attempts.push(Attempt {
                    exercise: *exercise,
                    source,
                });
                None
            }
        };
        verdicts.push(verdict);
    }
    let mut judged = grader.judge(&attempts, progress)?.into_iter();
    let exercises = verdicts
        .into_iter()
        .filter_map(|verdict| verdict.or_else(|| judged.next()))
        .collect();
    Ok(report(exercises, notes))
}

fn is_stub(exercise: ExerciseRef<'_>, source: &str) -> bool {
    fs::read(exercise.stub_path()).is_ok_and(|stub| stub == source.as_bytes())
}

fn report(exercises: Vec<Verdict>, notes: Vec<String>) -> Report {
    let layers = LAYERS.iter().map(|layer| Layer {
        layer: (*layer).to_owned(),
        state: LayerState::Active,
    });
    Report {
        schema: REPORT_SCHEMA.to_owned(),
        points: exercises.iter().map(|verdict| verdict.points).sum(),
        max_points: exercises.iter().map(|verdict| verdict.max_points).sum(),
        layers: layers.collect(),
        exercises,
        notes,
    }
}

/// One source, as the answer to one exercise.
#[derive(Debug, Clone)]
pub struct Attempt<'a> {
    /// The exercise.
    pub exercise: ExerciseRef<'a>,
    /// The answer's text.
    pub source: String,
}

/// The grader at work on one course.
#[derive(Debug)]
pub struct Grader<'a> {
    course: &'a Course,
    options: Options,
    work: PathBuf,
    has_references: bool,
    tools: String,
    /// Hashes of labs, by folder.
    labs: BTreeMap<&'a str, LabHashes>,
}

#[derive(Debug)]
struct LabHashes {
    /// What decides a program, besides its source.
    program: String,
    /// What decides a verdict, besides the program and the arguments.
    verdict: String,
}

/// A run that has to be done.
#[derive(Debug)]
struct Task<'a> {
    attempt: usize,
    exercise: ExerciseRef<'a>,
    case: &'a Case,
    program: PathBuf,
    /// The reference program, where the case compares with its output.
    reference: Option<Reference>,
}

#[derive(Debug, Clone)]
struct Reference {
    program: PathBuf,
    key: String,
}

impl<'a> Grader<'a> {
    /// Gets ready to grade: finds the working folder and hashes what decides verdicts.
    ///
    /// # Errors
    /// When the course's files or the working folder cannot be used.
    pub fn new(course: &'a Course, options: &Options) -> Result<Self, GradeError> {
        let work = work_folder(course);
        fs::create_dir_all(&work).map_err(|source| GradeError::Work {
            path: work.clone(),
            source,
        })?;
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| GradeError::Course(CourseError::Read { path, source })
        };
        let lock = course.root.join("Cargo.lock");
        let lock_bytes = fs::read(&lock).map_err(failed(&lock))?;
        let tools = cache::tools_hash(&work).map_err(|source| GradeError::Work {
            path: work.clone(),
            source,
        })?;
        let mut labs = BTreeMap::new();
        for lab in &course.labs {
            let harness = cache::lab_hash(lab)?;
            let program = Key::of("program/1")
                .with(&tools)
                .with(&lock_bytes)
                .with(harness)
                .name();
            let file = lab.path.join("lab.toml");
            let description = fs::read(&file).map_err(failed(&file))?;
            let verdict = Key::of("verdict/1").with(&program).with(description).name();
            labs.insert(lab.folder.as_str(), LabHashes { program, verdict });
        }
        Ok(Self {
            course,
            options: options.clone(),
            work,
            has_references: course.has_solutions(),
            tools,
            labs,
        })
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
        let cache = Cache::new(&self.work, "verdicts");
        let references = self.reference_sources(attempts)?;
        let keys: Vec<String> = attempts
            .iter()
            .map(|attempt| self.verdict_key(attempt, references.get(attempt.exercise.name())))
            .collect::<Result<_, _>>()?;
        let mut verdicts: Vec<Option<Verdict>> = keys
            .iter()
            .map(|key| match self.options.cache {
                CacheUse::Use => cache.get(key),
                CacheUse::RunAgain | CacheUse::BuildAgain => None,
            })
            .collect();
        let open: Vec<usize> = (0..attempts.len())
            .filter(|at| verdicts[*at].is_none())
            .collect();
        if !open.is_empty() {
            let todo: Vec<&Attempt<'a>> = open.iter().map(|at| &attempts[*at]).collect();
            let judged = self.build_and_run(&todo, &references, progress)?;
            for (at, verdict) in open.into_iter().zip(judged) {
                if !depends_on_speed(&verdict) {
                    cache.put(&keys[at], &verdict);
                }
                verdicts[at] = Some(verdict);
            }
            cache.forget_oldest();
        }
        Ok(verdicts.into_iter().flatten().collect())
    }

    /// The reference answers of the exercises that have drawn cases, by name; none in a copy without solutions.
    fn reference_sources(
        &self,
        attempts: &[Attempt<'a>],
    ) -> Result<HashMap<&'a str, String>, GradeError> {
        let mut sources = HashMap::new();
        for attempt in attempts {
            let exercise = attempt.exercise;
            let name: &'a str = exercise.exercise.name.as_ref();
            let drawn = exercise.exercise.cases.iter().any(Case::is_drawn);
            if !self.has_references || !drawn || sources.contains_key(name) {
                continue;
            }
            let path = exercise.solution_path(self.course);
            let text =
                fs::read_to_string(&path).map_err(|source| CourseError::Read { path, source })?;
            sources.insert(name, text);
        }
        Ok(sources)
    }

    fn program_key(&self, exercise: ExerciseRef<'_>, source: &str) -> String {
        let lab = self.labs.get(exercise.lab.folder.as_str());
        Key::of("source/1")
            .with(lab.map_or("", |hashes| hashes.program.as_str()))
            .with(exercise.name())
            .with(source)
            .name()
    }

    fn verdict_key(
        &self,
        attempt: &Attempt<'_>,
        reference: Option<&String>,
    ) -> Result<String, GradeError> {
        let exercise = attempt.exercise;
        let lab = self.labs.get(exercise.lab.folder.as_str());
        let mut key = Key::of("attempt/1")
            .with(lab.map_or("", |hashes| hashes.verdict.as_str()))
            .with(self.program_key(exercise, &attempt.source))
            .with(&self.options.seed)
            .with([u8::from(self.has_references)])
            .with(reference.map_or("", String::as_str));
        for case in &exercise.exercise.cases {
            if case.has_snapshot() {
                key = key.with(exercise.snapshot(case)?);
            }
        }
        Ok(key.name())
    }

    fn build_and_run(
        &self,
        attempts: &[&Attempt<'a>],
        references: &HashMap<&'a str, String>,
        progress: &dyn Progress,
    ) -> Result<Vec<Verdict>, GradeError> {
        let _lock = self.lock(progress)?;
        let mut sources: Vec<Source<'_>> = Vec::new();
        for attempt in attempts {
            sources.push(self.source(attempt.exercise, &attempt.source));
        }
        for attempt in attempts {
            if let Some(text) = references.get(attempt.exercise.name()) {
                sources.push(self.source(attempt.exercise, text));
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
        Ok(attempts
            .iter()
            .zip(outcomes)
            .enumerate()
            .map(|(at, (attempt, outcome))| match outcome {
                Built::Program(_) => verdict(
                    attempt.exercise,
                    self.has_references,
                    std::mem::take(&mut found[at]),
                ),
                Built::Refused(said) => {
                    does_not_compile(attempt.exercise, self.has_references, said.clone())
                }
            })
            .collect())
    }

    fn source<'s>(&self, exercise: ExerciseRef<'s>, text: &'s str) -> Source<'s> {
        Source {
            exercise,
            text,
            key: self.program_key(exercise, text),
        }
    }

    /// What became of every source, by its key: those that are kept as they are, the others built.
    fn build(
        &self,
        sources: &[Source<'_>],
        progress: &dyn Progress,
    ) -> Result<HashMap<String, Built>, GradeError> {
        let workshop = Workshop::new(self.course, &self.work);
        let mut built = HashMap::new();
        let mut missing: Vec<Source<'_>> = Vec::new();
        for source in sources {
            if built.contains_key(&source.key) || missing.iter().any(|it| it.key == source.key) {
                continue;
            }
            match workshop.kept(source) {
                Some(program) if self.options.cache != CacheUse::BuildAgain => {
                    built.insert(source.key.clone(), Built::Program(program));
                }
                _ => missing.push(source.clone()),
            }
        }
        if !missing.is_empty() {
            let results = workshop.build(&missing, progress)?;
            built.extend(missing.into_iter().map(|source| source.key).zip(results));
        }
        Ok(built)
    }

    fn reference(
        &self,
        exercise: ExerciseRef<'_>,
        references: &HashMap<&str, String>,
        built: &HashMap<String, Built>,
    ) -> Result<Option<Reference>, GradeError> {
        let Some(text) = references.get(exercise.name()) else {
            return Ok(None);
        };
        let key = self.program_key(exercise, text);
        match built.get(&key) {
            Some(Built::Program(program)) => Ok(Some(Reference {
                program: program.clone(),
                key,
            })),
            Some(Built::Refused(said)) => Err(GradeError::Reference {
                exercise: exercise.name().to_owned(),
                fault: format!("it does not compile\n{said}"),
            }),
            None => Ok(None),
        }
    }

    /// Runs the tasks on several threads, and returns what was found, by attempt.
    fn run_all(
        &self,
        tasks: &[Task<'_>],
        attempts: usize,
        progress: &dyn Progress,
    ) -> Result<Vec<Vec<Found>>, GradeError> {
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
            output: output.as_deref(),
        };
        let case = task.case.name.as_ref().clone();
        let ranked = match run::run_case(&task.program, args, task.case)? {
            Outcome::Recorded(record) => {
                progress.spent(Spent::Programs, Duration::from_micros(record.usage.wall_us));
                check::check(&expected, &record)
            }
            Outcome::RunnerKilled => check::runner_killed(&expected),
        };
        Ok(Found {
            case,
            points: task.case.points,
            ranked,
        })
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
        let record = match run::run_case(&reference.program, args.to_vec(), task.case)? {
            Outcome::Recorded(record) => record,
            Outcome::RunnerKilled => return Err(reference_fault(task, "it killed the runner")),
        };
        if !ended_as_expected(task.case, &record) {
            let fault = format!("it ended otherwise than expected with the arguments {args:?}");
            return Err(reference_fault(task, &fault));
        }
        let output = normalise(&record.stdout);
        cache.put(&key, &output);
        Ok(output)
    }

    /// One grader at a time builds in the working folder.
    fn lock(&self, progress: &dyn Progress) -> Result<fs::File, GradeError> {
        let path = self.work.join("lock");
        let failed = |source| GradeError::Work {
            path: path.clone(),
            source,
        };
        let mut options = fs::File::options();
        let file = options
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(source)) => return Err(failed(source)),
            }
            if !told {
                progress.begin(Stage::Waiting, 0);
                told = true;
            }
            if interrupt::is_requested() {
                return Err(RunError::Interrupted.into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        if told {
            progress.end();
        }
        Ok(file)
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

/// Where the grader keeps what it works with: in cargo's target folder.
fn work_folder(course: &Course) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| course.root.join("target"), PathBuf::from)
        .join("forklings")
}

/// The command line by which a person repeats a run.
fn command_line(exercise: ExerciseRef<'_>, args: &[String]) -> String {
    let mut line = format!(
        "cargo run -q -p {} --bin {}",
        exercise.lab.package,
        exercise.name()
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

fn quoted(arg: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_=./,:+%@".contains(letter);
    if !arg.is_empty() && arg.chars().all(plain) {
        arg.to_owned()
    } else {
        format!("'{}'", arg.replace('\'', r"'\''"))
    }
}

/// The cases that this copy of the course can run.
fn runnable<'a>(exercise: ExerciseRef<'a>, has_references: bool) -> impl Iterator<Item = &'a Case> {
    let cases = exercise.exercise.cases.iter();
    cases.filter(move |case| has_references || !(case.is_drawn() && case.output.snapshot))
}

/// What was found in one case.
#[derive(Debug)]
struct Found {
    case: String,
    points: u32,
    ranked: Vec<check::Ranked>,
}

fn verdict(exercise: ExerciseRef<'_>, has_references: bool, found: Vec<Found>) -> Verdict {
    let mut empty = without_points(exercise, has_references, Status::Passed);
    let mut ranked = Vec::new();
    empty.cases = Vec::new();
    for case in found {
        let lost: u32 = case.ranked.iter().map(|it| it.finding.points_lost).sum();
        empty.cases.push(CaseVerdict {
            case: case.case,
            points: case.points.saturating_sub(lost),
            max_points: case.points,
        });
        ranked.extend(case.ranked);
    }
    check::presume_earlier_cases(&mut ranked);
    // A stable sort: findings of one rank stay in the order of `lab.toml`.
    ranked.sort_by_key(|it| it.rank);
    empty.points = empty.cases.iter().map(|case| case.points).sum();
    empty.findings = ranked.into_iter().map(|it| it.finding).collect();
    if empty.points < empty.max_points {
        empty.status = Status::Failed;
    }
    empty
}

fn without_points(exercise: ExerciseRef<'_>, has_references: bool, status: Status) -> Verdict {
    let cases: Vec<CaseVerdict> = runnable(exercise, has_references)
        .map(|case| CaseVerdict {
            case: case.name.as_ref().clone(),
            points: 0,
            max_points: case.points,
        })
        .collect();
    let max_points: u32 = cases.iter().map(|case| case.max_points).sum();
    Verdict {
        lab: exercise.lab.folder.clone(),
        exercise: exercise.name().to_owned(),
        status,
        points: 0,
        max_points,
        cases,
        findings: Vec::new(),
        compiler: None,
        points_elsewhere: exercise.exercise.max_points() - max_points,
    }
}

fn not_attempted(exercise: ExerciseRef<'_>, has_references: bool) -> Verdict {
    without_points(exercise, has_references, Status::NotAttempted)
}

fn refused(exercise: ExerciseRef<'_>, reason: String, has_references: bool) -> Verdict {
    let mut verdict = without_points(exercise, has_references, Status::Failed);
    verdict.findings.push(Finding {
        case: String::new(),
        diagnosis: "file-refused".to_owned(),
        message: reason,
        place: exercise.relative_path().display().to_string(),
        points_lost: verdict.max_points,
        difference: None,
    });
    verdict
}

fn does_not_compile(exercise: ExerciseRef<'_>, has_references: bool, said: String) -> Verdict {
    let mut verdict = without_points(exercise, has_references, Status::DoesNotCompile);
    let summary = said.lines().next().unwrap_or_default().to_owned();
    let place = said
        .lines()
        .find_map(|line| line.trim_start().strip_prefix("--> "))
        .map_or_else(
            || exercise.relative_path().display().to_string(),
            str::to_owned,
        );
    verdict.findings.push(Finding {
        case: String::new(),
        diagnosis: "does-not-compile".to_owned(),
        message: format!("the compiler refuses the answer: {summary}"),
        place,
        points_lost: verdict.max_points,
        difference: None,
    });
    verdict.compiler = Some(said);
    verdict
}

/// Whether a verdict could be another one on a machine that is less busy: such a verdict is not kept.
fn depends_on_speed(verdict: &Verdict) -> bool {
    verdict
        .findings
        .iter()
        .any(|finding| finding.diagnosis == "out-of-time")
}
