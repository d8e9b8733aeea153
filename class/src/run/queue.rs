//! The queue of a class run, and the threads that take submissions from it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use grader::course::{Course, ExerciseRef};
use grader::grade::{Attempt, Grader, Sorted};
use grader::sandbox::interrupt;
use grader::submission::Answer;

use super::ALL;
use crate::entries::Place;
use crate::git;
use crate::progress::Progress;
use crate::store::{Judged, Outcome, RESULT_SCHEMA, State, Store};
use crate::taken::{self, TakeError};
use crate::worker::{Claim, Reply, Starter, Worker};
use crate::workflow::{self, Whole, Workflows};

/// How often a submission is tried when the grader cannot work.
const TRIES: u32 = 3;

/// A class run at work.
pub(super) struct Run<'r, 'a> {
    pub(super) course: &'a Course,
    pub(super) selection: Vec<ExerciseRef<'a>>,
    /// The course's own.
    pub(super) workflows: Workflows,
    pub(super) places: &'r [Place],
    pub(super) grader: &'r Grader<'a>,
    pub(super) store: &'r Store,
    pub(super) starter: &'r Starter,
    pub(super) progress: &'r Progress,
    pub(super) regrade: &'r [String],
    /// Places by number, with how often they were tried.
    pub(super) queue: Mutex<VecDeque<(usize, u32)>>,
    /// Students whose results could not be written, and why.
    pub(super) unwritten: Mutex<Vec<(String, String)>>,
    /// What is wrong with the course: no submission can be graded.
    pub(super) fault: Mutex<Option<String>>,
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
    /// Works through the queue, by as many threads as there are claims.
    pub(super) fn all(&self, claims: Vec<Claim>) {
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
            workflow: Vec::new(),
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
        if let Some(own) = &taken.workflows {
            let whole = match outcome.commit {
                Some(_) => Whole::Repository,
                None => Whole::Part,
            };
            outcome.workflow = workflow::changes(&self.workflows, own, whole);
        }
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

/// The value, whoever else has had it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked has left whole values: each is put there by one call.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
