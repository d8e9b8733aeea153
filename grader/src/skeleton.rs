//! The files that a new lab or a new exercise begins with.
//!
//! An exercise begins as one that works: stub, driver, reference answer, variant, mistakes and expected output are there and pass
//! self-check, so that its author changes one file after the other and always has something that runs.
//! Owns which files these are. It overwrites nothing: either all of them are written or none is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::course::{Course, Lab, nearest};

mod insert;
mod name;
mod plan;

use name::Names;
use plan::Plan;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum SkeletonError {
    /// The name cannot be used.
    #[error("use the name `{name}`: {fault}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it, and which names are right.
        fault: String,
    },
    /// There is no such lab.
    #[error("find the lab: none is called `{name}`{}", .nearest.as_deref().map(|it| format!("; did you mean `{it}`?")).unwrap_or_default())]
    NoLab {
        /// What was asked for.
        name: String,
        /// The lab that is called most like it.
        nearest: Option<String>,
    },
    /// A student's copy, or a lab whose answers are not here.
    #[error("find {folder}: labs are written in a checkout that has the reference answers")]
    NoSolutions {
        /// The folder that is missing.
        folder: PathBuf,
    },
    /// A file is there already.
    #[error("write {path}: it is there already, and nothing is overwritten")]
    Taken {
        /// The file, relative to the checkout.
        path: PathBuf,
    },
    /// A file of the course cannot be read.
    #[error("read {path}")]
    Read {
        /// The file, relative to the checkout.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("write {path}")]
    Write {
        /// The file, relative to the checkout.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A file that was written or has got an addition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The file, relative to the checkout.
    pub path: PathBuf,
    /// What its author writes there.
    pub purpose: &'static str,
}

/// Writes a lab with a first exercise: a folder in `labs/`, one in `solutions/`, and its page of the book.
///
/// `commands` are names that mean a command.
///
/// # Errors
/// When a name cannot be used, a file is there already, or the files cannot be written. Then none is.
pub fn new_lab(
    course: &Course,
    commands: &[String],
    folder: &str,
    exercise: &str,
) -> Result<Vec<Begun>, SkeletonError> {
    let names = Names::of_lab(course, commands, folder, exercise)?;
    refuse_without(course, &course.solutions())?;
    let lab = Path::new("labs").join(folder);
    let mut plan = Plan::default();
    let templates = [
        ("Cargo.toml", include_str!("skeleton/lab/Cargo.toml")),
        ("lab.toml", include_str!("skeleton/lab/lab.toml")),
        ("README.md", include_str!("skeleton/lab/README.md")),
        ("harness/lib.rs", include_str!("skeleton/lab/lib.rs")),
    ];
    for (path, text) in templates {
        plan.add(lab.join(path), names.fill(text), purpose(path));
    }
    plan.add(
        Path::new("solutions").join(folder).join("Cargo.toml"),
        names.fill(include_str!("skeleton/lab/solutions.toml")),
        "what the answers need",
    );
    let summary = Path::new("docs/src/SUMMARY.md");
    if course.root.join(summary).is_file() {
        plan.add(
            Path::new("docs/src/labs").join(format!("{folder}.md")),
            format!("{{{{#include ../../../labs/{folder}/README.md}}}}\n"),
            "the book's page: it shows the README",
        );
        let text = insert::chapter(&read(course, summary)?, &names.title, folder);
        plan.change(summary, text, "the book's list of chapters");
    }
    exercise_into(course, &mut plan, &names)?;
    // Each lab has its own copy of these, so that it can be copied out.
    if let Some(other) = course.labs.first() {
        for (given, purpose) in [
            ("harness/program.rs", "the same in every lab: leave it"),
            ("tests/cases.rs", "the same in every lab: leave it"),
        ] {
            let from = Path::new("labs").join(&other.folder).join(given);
            plan.add(lab.join(given), read(course, &from)?, purpose);
        }
    }
    plan.carry_out(&course.root)
}

/// Writes an exercise of a lab that is there: its own files, and its entries in the lab's description, library and README.
///
/// # Errors
/// As [`new_lab`].
pub fn new_exercise(
    course: &Course,
    commands: &[String],
    lab: &str,
    exercise: &str,
) -> Result<Vec<Begun>, SkeletonError> {
    let lab = find_lab(course, lab)?;
    let names = Names::of_exercise(course, commands, lab, exercise)?;
    refuse_without(course, &course.solutions().join(&lab.folder))?;
    let mut plan = Plan::default();
    exercise_into(course, &mut plan, &names)?;
    plan.carry_out(&course.root)
}

fn find_lab<'a>(course: &'a Course, name: &str) -> Result<&'a Lab, SkeletonError> {
    let mut labs = course.labs.iter();
    let found = labs.find(|lab| lab.folder == name || lab.package == name);
    found.ok_or_else(|| {
        let known = course.labs.iter();
        let known = known.flat_map(|lab| [lab.folder.as_str(), lab.package.as_str()]);
        SkeletonError::NoLab {
            name: name.to_owned(),
            nearest: nearest(name, known).map(str::to_owned),
        }
    })
}

fn refuse_without(course: &Course, folder: &Path) -> Result<(), SkeletonError> {
    if folder.is_dir() {
        return Ok(());
    }
    let folder = folder.strip_prefix(&course.root).unwrap_or(folder);
    Err(SkeletonError::NoSolutions {
        folder: folder.to_path_buf(),
    })
}

/// The exercise's files, and its entries in three files of its lab.
fn exercise_into(course: &Course, plan: &mut Plan, names: &Names) -> Result<(), SkeletonError> {
    let (name, module) = (&names.exercise, names.module());
    let lab = Path::new("labs").join(&names.folder);
    let solutions = Path::new("solutions").join(&names.folder);
    let stub = names.fill(include_str!("skeleton/exercise/stub.rs"));

    let entry = |path: &str, add: &dyn Fn(&str) -> String, plan: &mut Plan| {
        let path = lab.join(path);
        let text = match plan.text_of(&path) {
            Some(text) => text.to_owned(),
            None => read(course, &path)?,
        };
        plan.change(&path, add(&text), purpose_of(&path));
        Ok(())
    };
    let description = names.fill(include_str!("skeleton/exercise/lab.toml"));
    entry("lab.toml", &|it| insert::at_the_end(it, &description), plan)?;
    plan.add(
        lab.join(format!("harness/{module}.rs")),
        names.fill(include_str!("skeleton/exercise/driver.rs")),
        "the driver: what is given, and what the program prints",
    );
    entry("harness/lib.rs", &|it| insert::module(it, &module), plan)?;
    plan.add(
        lab.join(format!("harness/stubs/{name}.rs")),
        stub.clone(),
        "the stub: what students find",
    );
    plan.add(
        lab.join(format!("src/bin/{name}.rs")),
        stub,
        "the same text as the stub",
    );
    let answers = [
        (
            format!("src/bin/{name}.rs"),
            include_str!("skeleton/exercise/answer.rs"),
            "the reference answer",
        ),
        (
            format!("variants/{name}/with-waitid.rs"),
            include_str!("skeleton/exercise/variant.rs"),
            "a right answer by another way; the name says by which",
        ),
        (
            format!("mistakes/{name}/child-not-reaped.rs"),
            include_str!("skeleton/exercise/child-not-reaped.rs"),
            "a mistake, called as its diagnosis; one for each in lab.toml",
        ),
        (
            format!("mistakes/{name}/child-fell-through.rs"),
            include_str!("skeleton/exercise/child-fell-through.rs"),
            "a mistake",
        ),
        (
            format!("mistakes/{name}/faked-output.rs"),
            include_str!("skeleton/exercise/faked-output.rs"),
            "a mistake: right lines, no work",
        ),
    ];
    for (path, text, purpose) in answers {
        plan.add(solutions.join(path), names.fill(text), purpose);
    }
    plan.add(
        lab.join(format!("expected/{name}@five.snap")),
        include_str!("skeleton/exercise/five.snap").to_owned(),
        "what the reference answer prints: written by a test, not by hand",
    );
    let section = names.fill(include_str!("skeleton/exercise/README.md"));
    entry("README.md", &|it| insert::section(it, name, &section), plan)
}

/// What the author of a lab or an exercise writes into the files that a lab has once.
fn purpose(path: &str) -> &'static str {
    match path {
        "lab.toml" => "title, minutes, hints, diagnoses, cases and their points",
        "README.md" => "the chapter: concept, diagram, when to use it and when not",
        "harness/lib.rs" => "the lab's library: its modules",
        _ => "what the programs need",
    }
}

fn purpose_of(path: &Path) -> &'static str {
    let known = ["lab.toml", "README.md", "harness/lib.rs"];
    let known = known.into_iter().find(|it| path.ends_with(it));
    purpose(known.unwrap_or_default())
}

fn read(course: &Course, path: &Path) -> Result<String, SkeletonError> {
    fs::read_to_string(course.root.join(path)).map_err(|source| SkeletonError::Read {
        path: path.to_path_buf(),
        source,
    })
}
