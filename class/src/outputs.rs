//! What is made of a graded class: tables for people and platforms, and feedback for students.
//!
//! Everything is a pure function of class and course, and every file is written whole: the same submissions give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use grader::course::Course;
use grader::timeline::{self, Heading};
use grader::verdict::Finding;

use crate::class::Class;
use crate::store::{Outcome, Store, file_name, write_whole};

mod feedback;
mod html;
mod page;
mod sheet;
mod tables;

/// Writes all of it.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(
    class: &Class,
    store: &Store,
    course: &Course,
    out: &Path,
) -> anyhow::Result<()> {
    let tables = [
        ("gradebook.csv", tables::gradebook(class)?),
        ("canvas.csv", tables::canvas(class)?),
        ("moodle.csv", tables::moodle(class)?),
        ("classroom.csv", tables::classroom(class)?),
    ];
    for (name, text) in tables {
        put(&out.join(name), &text)?;
    }
    let folder = out.join("feedback");
    fs::create_dir_all(&folder).context("make the folder for feedback")?;
    let mut names = BTreeSet::new();
    let mut near: page::NearRuns = BTreeMap::new();
    for outcome in &class.outcomes {
        for judged in &outcome.verdicts {
            let exercise = judged.verdict.exercise.as_str();
            for (case, it) in store.kept(&outcome.student.id, exercise).near {
                let runs = near.entry((exercise, case, it.limit)).or_default();
                runs.push((outcome, it));
            }
        }
        let name = format!("{}.md", file_name(&outcome.student.id));
        let text = feedback::markdown(class, outcome, course);
        put(&folder.join(&name), text.as_bytes())?;
        names.insert(name);
        let pictures = timelines(store, outcome, out).context("write timelines")?;
        let name = format!("{}.html", file_name(&outcome.student.id));
        let text = sheet::render(class, outcome, course, &pictures);
        put(&folder.join(&name), text.as_bytes())?;
        names.insert(name);
    }
    put(
        &out.join("class.html"),
        page::render(class, &near, course).as_bytes(),
    )?;
    forget_others(&folder, &names).context("remove feedback of former runs")
}

/// Draws the runs that were kept of a student's answers, and returns the exercises that have a picture. Pictures show times, so they alone
/// differ from run to run. Those of hidden cases are not for students.
fn timelines(store: &Store, outcome: &Outcome, out: &Path) -> anyhow::Result<Vec<String>> {
    let folder = out.join("timelines").join(file_name(&outcome.student.id));
    let mut drawn = Vec::new();
    for judged in &outcome.verdicts {
        let verdict = &judged.verdict;
        let path = folder.join(format!("{}.html", verdict.exercise));
        let kept = store.kept(&outcome.student.id, &verdict.exercise).run;
        let first = verdict.findings.first();
        let kept = kept.filter(|run| first.is_some_and(|it| it.case == run.case));
        match kept.filter(|run| !run.is_hidden) {
            Some(run) => {
                fs::create_dir_all(&folder)?;
                let heading = Heading {
                    exercise: &run.exercise,
                    case: Some(&run.case),
                };
                let own = verdict.findings.iter().filter(|it| it.case == run.case);
                let own: Vec<Finding> = own.cloned().collect();
                let picture = timeline::draw(heading, &run.record, &own);
                put(&path, timeline::html::render(&picture).as_bytes())?;
                drawn.push(verdict.exercise.clone());
            }
            None if path.exists() => fs::remove_file(&path)?,
            None => {}
        }
    }
    Ok(drawn)
}

fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_whole(path, bytes).with_context(|| format!("write {}", path.display()))
}

/// Removes feedback for students who are no longer there.
fn forget_others(folder: &Path, names: &BTreeSet<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ours = name.ends_with(".md") || name.ends_with(".html");
        if is_ours && !names.contains(&name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
