//! The class run: every submission to a result, whatever one of them does.
//!
//! Submissions are taken one after the other from a queue, by one thread for each worker. What is known already, or needs no run, never
//! reaches a worker. Where the grader could not work, the submission goes to the end of the queue, and gets no result but "not graded"
//! when that has happened too often. Results are written as they come; nothing else has to be remembered.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use anyhow::{Context as _, anyhow};
use grader::cli::args::class as typed;
use grader::cli::exit::Exit;
use grader::course::{Course, ExerciseRef};
use grader::grade::{Grader, Options, Sorted};
use grader::report::style::{Style, count};
use grader::report::visible;
use grader::sandbox::interrupt;
use grader::submission::Answer;
use grader::work;

use crate::class::{Class, called};
use crate::entries::{self, Place};
use crate::policy::Policy;
use crate::progress::Progress;
use crate::roster::{self, Roster};
use crate::shard::Shard;
use crate::similarity;
use crate::store::{CLASS_SCHEMA, Graded, Manifest, State, Store};
use crate::worker::Starter;
use crate::workflow;
use crate::{Failure, outputs, say};
use queue::{Run, lock};

mod queue;

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
        layers: grader.layers().map_err(Failure::of_grading)?,
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
        workflows: workflow::of_course(course),
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
        for change in &outcome.workflow {
            lines.push(format!("workflow: {who}: {}", shown(change)));
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
