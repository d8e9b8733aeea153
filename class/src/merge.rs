//! Parts of a class put together: what several machines graded becomes one class.
//!
//! Merging is idempotent: a part may be given twice, and what was merged may be merged again. A student with two different results has
//! none: which of them is right, no program can know.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use grader::cli::args::class as typed;
use grader::cli::exit::Exit;
use grader::course::Course;
use grader::grade::kept::Kept;

use crate::class::Class;
use crate::policy::Policy;
use crate::run::{conclude, read_policy};
use crate::shard::Shard;
use crate::store::{Manifest, Outcome, State, Store};
use crate::{Failure, outputs};

pub(crate) fn run(course: &Course, arguments: &typed::Merge) -> Result<Exit, Failure> {
    let mut parts = Vec::new();
    for folder in &arguments.parts {
        let store = Store::read_only(folder);
        let manifest = store.manifest().ok_or_else(|| {
            let said = format!("{} has no class.json of a class", folder.display());
            Failure::usage(anyhow!(said)).while_it("read a part")
        })?;
        parts.push((folder.clone(), Class::read(manifest, &store)));
    }
    let missing = missing(parts.iter().map(|(_, part)| &part.manifest));
    if !missing.is_empty() {
        // A gradebook without some of the students looks like one with all of them.
        let named: Vec<String> = missing.iter().map(Shard::to_string).collect();
        return Err(anyhow!("find all parts: {} is not there", named.join(", ")).into());
    }
    let merged = merge(parts);
    let mut class = merged.map_err(|said| Failure::usage(anyhow!(said)).while_it("merge"))?;
    class.policy = read_policy(&arguments.policy, &class.manifest)?;
    let store =
        Store::open(&arguments.out).with_context(|| format!("use {}", arguments.out.display()))?;
    store
        .put_manifest(&class.manifest)
        .context("write class.json")?;
    for outcome in &class.outcomes {
        store.put(outcome).context("write a result")?;
    }
    for folder in &arguments.parts {
        let part = Store::read_only(folder);
        for outcome in &class.outcomes {
            for judged in &outcome.verdicts {
                let (id, exercise) = (&outcome.student.id, &judged.verdict.exercise);
                let kept = part.kept(id, exercise);
                if kept != Kept::default() {
                    let kept = store.keep(id, exercise, &kept);
                    kept.context("write a record")?;
                }
            }
        }
    }
    outputs::write(&class, &store, course, &arguments.out)?;
    Ok(conclude(&class))
}

fn merge(parts: Vec<(PathBuf, Class)>) -> Result<Class, String> {
    let (first, class) = parts.first().ok_or("there is no part")?;
    let mut manifest = class.manifest.clone();
    for (folder, part) in &parts {
        let other = |what: &str| {
            let (one, other) = (first.display(), folder.display());
            Err(format!("{one} and {other} have different {what}"))
        };
        if part.manifest.exercises != manifest.exercises {
            return other("exercises");
        }
        if part.manifest.seed != manifest.seed {
            return other("seeds");
        }
        if part.manifest.layers != manifest.layers {
            return other("protections (`cargo grade doctor` shows those of a machine)");
        }
    }
    let mut found: BTreeMap<String, (usize, Outcome)> = BTreeMap::new();
    for (folder, part) in parts {
        let students = part.manifest.students.into_iter();
        for ((place, id), outcome) in students.zip(part.outcomes) {
            match found.get_mut(&id) {
                None => {
                    found.insert(id, (place, outcome));
                }
                Some((_, before)) => unite(before, outcome, &folder.display().to_string()),
            }
        }
    }
    let mut outcomes: Vec<(usize, Outcome)> = found.into_values().collect();
    outcomes.sort_by(|(one, left), (other, right)| {
        (one, &left.student.id).cmp(&(other, &right.student.id))
    });
    manifest.shard = Shard::WHOLE;
    let students = outcomes.iter();
    manifest.students = students
        .map(|(place, outcome)| (*place, outcome.student.id.clone()))
        .collect();
    let outcomes = outcomes.into_iter().map(|(_, outcome)| outcome).collect();
    Ok(Class {
        manifest,
        outcomes,
        policy: Policy::default(),
    })
}

/// Two results of one student: one that was not graded gives way, and two that differ are none.
fn unite(before: &mut Outcome, other: Outcome, folder: &str) {
    let is_open = |outcome: &Outcome| matches!(outcome.state, State::NotGraded { .. });
    if *before == other || is_open(&other) {
        return;
    }
    if is_open(before) && !is_conflict(before) {
        *before = other;
        return;
    }
    before.state = State::NotGraded {
        reason: format!(
            "{CONFLICT}: {folder} has another result than a part before it; remove one, or grade again"
        ),
    };
}

/// How the reason of a conflict begins.
const CONFLICT: &str = "conflict";

fn is_conflict(outcome: &Outcome) -> bool {
    matches!(&outcome.state, State::NotGraded { reason } if reason.starts_with(CONFLICT))
}

/// The parts that are not there, by the largest number of parts that is spoken of.
fn missing<'a>(manifests: impl Iterator<Item = &'a Manifest>) -> Vec<Shard> {
    let shards: Vec<Shard> = manifests.map(|it| it.shard).collect();
    let count = shards.iter().map(|it| it.count).max().unwrap_or(1);
    let parts = (0..count).map(|index| Shard { index, count });
    if shards.contains(&Shard::WHOLE) {
        Vec::new()
    } else {
        parts.filter(|part| !shards.contains(part)).collect()
    }
}
