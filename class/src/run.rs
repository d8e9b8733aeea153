//! The class run: every submission to a result, whatever one of them does.
//!
//! Submissions are taken one after the other from a queue, by one thread for each worker. What is known already, or needs no run, never
//! reaches a worker. Where the grader could not work, the submission goes to the end of the queue, and gets no result but "not graded"
//! when that has happened too often. Results are written as they come; nothing else has to be remembered.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, anyhow};
use grader::cli::args::class as typed;
use grader::cli::exit::Exit;
use grader::course::{Course, ExerciseRef};
use grader::grade::{Attempt, Grader, Options, Sorted};
use grader::report::style::{Style, count};
use grader::report::visible;
use grader::sandbox::interrupt;
use grader::submission::Answer;
use grader::work;

use crate::class::{Class, called};
use crate::entries::{self, Place};
use crate::git;
use crate::policy::Policy;
use crate::progress::Progress;
use crate::roster::{self, Roster};
use crate::shard::Shard;
use crate::similarity;
use crate::store::{CLASS_SCHEMA, Graded, Judged, Manifest, Outcome, RESULT_SCHEMA, State, Store};
use crate::taken::{self, TakeError};
use crate::worker::{Claim, Reply, Starter, Worker};
use crate::{Failure, outputs, say};

/// How often a submission is tried when the grader cannot work.
const TRIES: u32 = 3;

/// What everything stands for, as a name of what to grade again.
const ALL: &str = "all";

pub(crate) fn run(course: &Course, arguments: &typed::Class) -> Result<Exit, Failure> {
    let selection = course
        .select(&arguments.names)
        .map_err(|unknown| Failure::usage(unknown).while_it("find what to grade"))?;
    let roster = arguments.roster.as_ref().map(read_roster).transpose()?;
    let shard = arguments.shard.as_deref().map(str::parse).transpose();
    let shard = shard
        .map_err(|said: String| Failure::usage(anyhow!(said)).while_it("read --shard"))?
        .unwrap_or(Shard::WHOLE);
    let all = entries::places(&arguments.dir, roster.as_ref())
        .with_context(|| format!("read {}", arguments.dir.display()))
        .map_err(Failure::usage)?;
    check_names(course, &all, &arguments.regrade)?;
    let numbered = all.into_iter().enumerate();
    let (numbers, places): (Vec<usize>, Vec<Place>) = numbered
        .filter(|(_, place)| shard.has(&place.student.id))
        .unzip();
    if let Some(form) = arguments.export {
        return similarity::export(course, &selection, &places, form, &arguments.out);
    }
    let store =
        Store::open(&arguments.out).with_context(|| format!("use {}", arguments.out.display()))?;
    interrupt::remember_requests();
    let options = Options {
        seed: arguments.seed.clone(),
        ..Options::default()
    };
    let grader = Grader::new(course, &options).map_err(Failure::of_grading)?;
    let manifest = Manifest {
        schema: CLASS_SCHEMA.to_owned(),
        exercises: selection.iter().map(|it| graded(&grader, *it)).collect(),
        seed: arguments.seed.clone(),
        shard,
        layers: grader.layers().to_vec(),
        columns: roster.map(|it| it.columns).unwrap_or_default(),
        students: numbers
            .into_iter()
            .zip(places.iter().map(|place| place.student.id.clone()))
            .collect(),
    };
    store.put_manifest(&manifest).context("write class.json")?;
    // A fault of theirs is said before hours of grading, not after.
    let policy = read_policy(&arguments.policy, &manifest)?;
    let work = work::folder(course)?;
    let starter = Starter::new(&course.root, &work, &arguments.seed);
    let jobs = match arguments.jobs {
        Some(jobs) => jobs.get(),
        None => options.jobs,
    };
    let progress = Progress::new(places.len());
    let run = Run {
        course,
        selection,
        places: &places,
        grader: &grader,
        store: &store,
        starter: &starter,
        progress: &progress,
        regrade: &arguments.regrade,
        queue: Mutex::new((0..places.len()).map(|at| (at, 0)).collect()),
        unwritten: Mutex::new(Vec::new()),
        fault: Mutex::new(None),
    };
    run.all(
        starter
            .claim(jobs.min(places.len()))
            .context("make folders for workers")?,
    );
    progress.finish();
    finish(run, manifest, policy, arguments)
}

/// Reads deadlines, times and changed marks.
pub(crate) fn read_policy(
    files: &typed::PolicyFiles,
    manifest: &Manifest,
) -> Result<Policy, Failure> {
    let policy = Policy::read(files, &manifest.exercises).map_err(Failure::usage)?;
    // A part of a class knows its own students only.
    let is_known = |id: &str| {
        let mut students = manifest.students.iter();
        manifest.shard != Shard::WHOLE || students.any(|(_, it)| it.to_lowercase() == id)
    };
    let stranger = policy.changed_students().find(|id| !is_known(id));
    match stranger.map(str::to_owned) {
        Some(id) => Err(Failure::usage(anyhow!("{id} is no student of this class"))
            .while_it("use the changed marks")),
        None => Ok(policy),
    }
}

/// What is said, and which exit code, when the queue is empty or somebody wants the end.
fn finish(
    run: Run<'_, '_>,
    manifest: Manifest,
    policy: Policy,
    arguments: &typed::Class,
) -> Result<Exit, Failure> {
    if let Some(fault) = lock(&run.fault).take() {
        return Err(Failure::usage(anyhow!("{fault}")).while_it("use the course"));
    }
    let mut class = Class::read(manifest, run.store);
    class.policy = policy;
    if interrupt::is_requested() {
        let open = class.outcomes.iter();
        let open = open
            .filter(|it| matches!(it.state, State::NotGraded { .. }))
            .count();
        say(&format!(
            "interrupted: {} of {} have results; the same command goes on with the rest\n",
            class.outcomes.len() - open,
            class.outcomes.len()
        ));
        return Ok(Exit::Interrupted);
    }
    for (id, error) in lock(&run.unwritten).drain(..) {
        // An older result that is still there is not this submission's.
        if let Some(outcome) = class.outcomes.iter_mut().find(|it| it.student.id == id) {
            outcome.state = State::NotGraded { reason: error };
        }
    }
    outputs::write(&class, run.store, run.course, &arguments.out)?;
    Ok(conclude(&class))
}

/// Says what there is to say of a class, and how the command ends.
pub(crate) fn conclude(class: &Class) -> Exit {
    let mut lines = Vec::new();
    let mut failed = 0;
    let shown = |text: &str| visible::line(text.lines().next().unwrap_or_default(), Style::plain());
    for outcome in &class.outcomes {
        let who = visible::line(&called(&outcome.student), Style::plain());
        match &outcome.state {
            State::Graded => {}
            State::Missing => {}
            State::Refused { reason } => lines.push(format!("refused: {who}: {}", shown(reason))),
            State::NotGraded { reason } => {
                failed += 1;
                lines.push(format!("not graded: {who}: {}", shown(reason)));
            }
        }
        if !outcome.is_enrolled {
            lines.push(format!("not in the roster: {who}"));
        }
    }
    let number =
        |wanted: fn(&State) -> bool| class.outcomes.iter().filter(|it| wanted(&it.state)).count();
    lines.push(format!(
        "{}: {} graded, {} missing, {} refused, {failed} not graded",
        count(class.outcomes.len(), "student", "students"),
        number(|it| matches!(it, State::Graded)),
        number(|it| matches!(it, State::Missing)),
        number(|it| matches!(it, State::Refused { .. })),
    ));
    if failed > 0 {
        lines.push(
            "who is not graded has no points and no zero; the same command tries again".to_owned(),
        );
    }
    say(&(lines.join("\n") + "\n"));
    if failed > 0 {
        Exit::Infrastructure
    } else {
        Exit::Success
    }
}

fn read_roster(path: &PathBuf) -> Result<Roster, Failure> {
    let bytes = fs::read(path)
        .with_context(|| format!("read the roster {}", path.display()))
        .map_err(Failure::usage)?;
    roster::read(&bytes)
        .with_context(|| format!("understand the roster {}", path.display()))
        .map_err(Failure::usage)
}

fn graded<'a>(grader: &Grader<'a>, exercise: ExerciseRef<'a>) -> Graded {
    let points = match grader.sort(exercise, Answer::Missing) {
        Sorted::Settled(verdict) => verdict.max_points,
        Sorted::Open(_) => 0,
    };
    Graded {
        lab: exercise.lab.folder.clone(),
        exercise: exercise.name().to_owned(),
        points,
    }
}

/// Each name of what to grade again must mean something: a slip would go unnoticed.
fn check_names(course: &Course, places: &[Place], names: &[String]) -> Result<(), Failure> {
    for name in names {
        let is_known = name == ALL
            || course.exercises().any(|it| it.is_named(name))
            || places.iter().any(|place| place.student.id == *name);
        if !is_known {
            let error = anyhow!("`{name}` is no student, no exercise and no lab, and not `{ALL}`");
            return Err(Failure::usage(error).while_it("find what to grade again"));
        }
    }
    Ok(())
}

/// A class run at work.
struct Run<'r, 'a> {
    course: &'a Course,
    selection: Vec<ExerciseRef<'a>>,
    places: &'r [Place],
    grader: &'r Grader<'a>,
    store: &'r Store,
    starter: &'r Starter,
    progress: &'r Progress,
    regrade: &'r [String],
    /// Places by number, with how often they were tried.
    queue: Mutex<VecDeque<(usize, u32)>>,
    /// Students whose results could not be written, and why.
    unwritten: Mutex<Vec<(String, String)>>,
    /// What is wrong with the course: no submission can be graded.
    fault: Mutex<Option<String>>,
}

/// What came of one try.
enum Tried {
    /// A result, and whether something had to be judged for it.
    Done(Outcome, bool),
    /// The grader could not work: this is what is known.
    Failed(Outcome),
    /// The run is to end.
    Ended,
}

impl<'a> Run<'_, 'a> {
    fn all(&self, claims: Vec<Claim>) {
        std::thread::scope(|scope| {
            for claim in claims {
                scope.spawn(move || {
                    let mut desk = Desk {
                        starter: self.starter,
                        claim,
                        worker: None,
                    };
                    while let Some((at, tries)) = self.next() {
                        let place = &self.places[at];
                        let id = &place.student.id;
                        match self.attempt(place, tries, &mut desk) {
                            Tried::Done(outcome, was_judged) => {
                                self.put(&outcome);
                                self.progress.end(id, was_judged);
                            }
                            Tried::Failed(_) if tries + 1 < TRIES => {
                                self.progress.pause(id);
                                lock(&self.queue).push_back((at, tries + 1));
                            }
                            Tried::Failed(outcome) => {
                                self.put(&outcome);
                                self.progress.end(id, true);
                            }
                            Tried::Ended => break,
                        }
                    }
                });
            }
        });
    }

    fn next(&self) -> Option<(usize, u32)> {
        if interrupt::is_requested() || lock(&self.fault).is_some() {
            return None;
        }
        lock(&self.queue).pop_front()
    }

    fn put(&self, outcome: &Outcome) {
        if let Err(error) = self.store.put(outcome) {
            let reason = format!("the result cannot be written: {error}");
            lock(&self.unwritten).push((outcome.student.id.clone(), reason));
        }
    }

    fn attempt(&self, place: &Place, tries: u32, desk: &mut Desk<'_>) -> Tried {
        let mut outcome = Outcome {
            schema: RESULT_SCHEMA.to_owned(),
            student: place.student.clone(),
            is_enrolled: place.is_enrolled,
            entries: place.paths.iter().map(|path| name_of(path)).collect(),
            commit: None,
            times: BTreeMap::new(),
            state: State::Graded,
            notes: Vec::new(),
            verdicts: Vec::new(),
        };
        let mut taken = if place.paths.is_empty() {
            outcome.state = State::Missing;
            taken::Taken::default()
        } else {
            match taken::take(self.course, &place.paths) {
                Ok(taken) => taken,
                Err(TakeError::Refused(reason)) => {
                    outcome.state = State::Refused { reason };
                    return Tried::Done(outcome, false);
                }
                Err(error) => return failed(outcome, format!("failed to {error}")),
            }
        };
        outcome.commit = taken.commit.take();
        if let ([folder], Some(_)) = (place.paths.as_slice(), &outcome.commit) {
            for exercise in &self.selection {
                let lab = &exercise.lab.folder;
                if !outcome.times.contains_key(lab)
                    && let Some(time) = git::last_change(folder, &format!("labs/{lab}/src/bin"))
                {
                    outcome.times.insert(lab.clone(), time);
                }
            }
        }
        let mut verdicts = Vec::new();
        let mut open = Vec::new();
        for exercise in &self.selection {
            let answer = taken.answers.remove(exercise.name());
            match self
                .grader
                .sort(*exercise, answer.unwrap_or(Answer::Missing))
            {
                Sorted::Settled(verdict) => verdicts.push(Some(Judged {
                    key: String::new(),
                    verdict,
                })),
                Sorted::Open(attempt) => {
                    open.push((verdicts.len(), attempt));
                    verdicts.push(None);
                }
            }
        }
        let attempts: Vec<Attempt<'a>> = open.iter().map(|(_, it)| it.clone()).collect();
        let keys = match self.grader.keys(&attempts) {
            Ok(keys) => keys,
            Err(error) => return failed(outcome, format!("failed to {error}")),
        };
        let before = self.store.get(&place.student.id);
        let before = before.map(|it| it.verdicts).unwrap_or_default();
        let mut todo = Vec::new();
        for ((at, attempt), key) in open.into_iter().zip(keys) {
            let again = self.is_again(&place.student.id, attempt.exercise);
            match before.iter().find(|it| it.key == key) {
                Some(known) if !again => verdicts[at] = Some(known.clone()),
                _ => todo.push(Todo { at, attempt, key }),
            }
        }
        if todo.is_empty() {
            outcome.verdicts = verdicts.into_iter().flatten().collect();
            return Tried::Done(outcome, false);
        }
        self.progress.begin(&place.student.id);
        let reasons = match self.judge(
            &place.student.id,
            &todo,
            tries,
            desk,
            &mut verdicts,
            &mut outcome.notes,
        ) {
            Some(reasons) => reasons,
            None => return Tried::Ended,
        };
        outcome.verdicts = verdicts.into_iter().flatten().collect();
        match reasons.as_slice() {
            [] => Tried::Done(outcome, true),
            reasons => failed(outcome, reasons.join("; ")),
        }
    }

    /// Has everything judged that is to be done, and returns why some of it was not; `None` where the run is to end.
    fn judge(
        &self,
        student: &str,
        todo: &[Todo<'a>],
        tries: u32,
        desk: &mut Desk<'_>,
        verdicts: &mut [Option<Judged>],
        notes: &mut Vec<String>,
    ) -> Option<Vec<String>> {
        // At last each exercise by itself: what the grader cannot work with costs no other its verdict.
        let size = if tries + 1 < TRIES { todo.len() } else { 1 };
        let mut reasons = Vec::new();
        for part in todo.chunks(size) {
            let attempts: Vec<Attempt<'a>> = part.iter().map(|it| it.attempt.clone()).collect();
            let reply = match desk.worker() {
                Ok(worker) => worker.judge(&attempts),
                Err(error) => Err(format!("a worker cannot be started: {error}")),
            };
            if interrupt::is_requested() {
                return None;
            }
            match reply {
                Ok(Reply::Judged {
                    verdicts: judged,
                    lacking,
                    mut kept,
                }) if judged.len() == part.len() => {
                    for (at, todo) in part.iter().enumerate() {
                        let name = todo.attempt.exercise.name();
                        let kept = kept.remove(&at).unwrap_or_default();
                        if let Err(error) = self.store.keep(student, name, &kept) {
                            reasons.push(format!("a record cannot be written: {error}"));
                        }
                    }
                    for (todo, verdict) in part.iter().zip(judged) {
                        let key = todo.key.clone();
                        verdicts[todo.at] = Some(Judged { key, verdict });
                    }
                    let about = |note: &&String| {
                        let named = |it: &Todo<'_>| note.starts_with(it.attempt.exercise.name());
                        part.iter().any(named)
                    };
                    notes.extend(lacking.iter().filter(about).cloned());
                }
                Ok(Reply::Judged { .. }) => reasons.push("a worker's answer has gaps".to_owned()),
                Ok(Reply::Failed(said)) => reasons.push(format!("failed to {said}")),
                Ok(Reply::Faulty(said)) => {
                    *lock(&self.fault) = Some(said);
                    return None;
                }
                // Somebody asked the worker alone to end: it is a worker that has gone.
                Ok(Reply::Interrupted) => {
                    desk.worker = None;
                    reasons.push("the worker was told to end".to_owned());
                }
                Err(reason) => {
                    desk.worker = None;
                    reasons.push(reason);
                }
            }
        }
        Some(reasons)
    }

    fn is_again(&self, student: &str, exercise: ExerciseRef<'_>) -> bool {
        let is = |name: &String| name == ALL || name == student || exercise.is_named(name);
        self.regrade.iter().any(is)
    }
}

/// Where one thread has its answers judged.
struct Desk<'r> {
    starter: &'r Starter,
    claim: Claim,
    /// The worker, once one is needed and for as long as it lives.
    worker: Option<Worker>,
}

impl Desk<'_> {
    fn worker(&mut self) -> std::io::Result<&mut Worker> {
        match &mut self.worker {
            Some(worker) => Ok(worker),
            free => Ok(free.insert(self.starter.start(&self.claim)?)),
        }
    }
}

/// An answer that must be judged.
struct Todo<'a> {
    /// Its place among the verdicts.
    at: usize,
    attempt: Attempt<'a>,
    key: String,
}

/// Letters of a reason that are kept: a compiler may have said a lot.
const LONGEST_REASON: usize = 1000;

fn failed(mut outcome: Outcome, reason: String) -> Tried {
    let reason = reason.chars().take(LONGEST_REASON).collect();
    outcome.state = State::NotGraded { reason };
    Tried::Failed(outcome)
}

fn name_of(path: &std::path::Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked has left whole values: each is put there by one call.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
