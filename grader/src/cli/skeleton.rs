//! Beginning a lab or an exercise, and saying what its author does next.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::exit::Exit;
use super::failure::Failure;
use super::request::{self, SkeletonKind, command_names};
use super::screen::Screen;
use crate::course::Course;
use crate::report::layout::{self, LongWords};
use crate::report::style::{Style, count};
use crate::skeleton::{self, Begun, SkeletonError};

/// The chapter that goes on from here.
const CHAPTER: &str = "docs/src/new-exercise.md";

pub(super) fn run(
    course: &Course,
    request: &request::Skeleton,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let request::Skeleton {
        kind,
        lab,
        exercise,
    } = request;
    let commands = command_names();
    let begun = match kind {
        SkeletonKind::Lab => skeleton::new_lab(course, &commands, lab, exercise),
        SkeletonKind::Exercise => skeleton::new_exercise(course, &commands, lab, exercise),
    };
    let begun = begun.map_err(|error| failure(error, *kind))?;
    if *kind == SkeletonKind::Lab {
        lock(&course.root).map_err(|error| unlocked(error, lab))?;
    }
    screen.print(&told(exercise, &begun, screen.stdout))?;
    Ok(Exit::Success)
}

fn told(exercise: &str, begun: &[Begun], style: Style) -> String {
    let sample = format!(
        "{exercise} is there, as an exercise that works: a child doubles a number, and its exit code tells the result. Change it file by file; the order is a good one:"
    );
    let mut lines = vec![
        layout::paragraph(&sample, style.columns(), 0, LongWords::Keep),
        String::new(),
    ];
    for Begun { path, purpose } in begun {
        lines.push(format!("  {}", path.display()));
        lines.push(format!("      {purpose}"));
    }
    lines.push(format!(
        "\n{}. Check them at any time, and write what the reference answer prints:\n\n  \
         cargo grade self-check {exercise}\n  \
         INSTA_UPDATE=always cargo test -p grader --test solutions {exercise}\n\n\
         {CHAPTER} shows the whole way with an example.\n",
        count(begun.len(), "file", "files")
    ));
    lines.join("\n")
}

/// Has cargo write the new packages into the lock files, which builds of answers do not change.
fn lock(root: &Path) -> io::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    for manifest in ["Cargo.toml", "solutions/Cargo.toml"] {
        let output = Command::new(&cargo)
            .args(["metadata", "--offline", "--format-version", "1"])
            .arg("--manifest-path")
            .arg(root.join(manifest))
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(io::Error::other(said.trim().to_owned()));
        }
    }
    Ok(())
}

fn unlocked(error: io::Error, lab: &str) -> Failure {
    Failure::infrastructure(error)
        .while_it(format!("write {lab} into the lock files"))
        .hint(
            "the lab's files are there; with a network, `cargo metadata --format-version 1 > /dev/null` does the rest, here and in solutions/",
        )
}

fn failure(error: SkeletonError, kind: SkeletonKind) -> Failure {
    let what = match kind {
        SkeletonKind::Lab => "begin the lab",
        SkeletonKind::Exercise => "begin the exercise",
    };
    match &error {
        SkeletonError::NoLab { .. } => Failure::usage(error)
            .while_it(what)
            .hint("`cargo grade list` shows all labs; `cargo grade new-lab` begins one"),
        SkeletonError::Taken { .. } => Failure::usage(error)
            .while_it(what)
            .hint("choose another name, or move what is there; nothing was written"),
        SkeletonError::NoSolutions { .. } => Failure::usage(error).while_it(what).hint(
            "a student's copy has no reference answers: go to the checkout that it was made from",
        ),
        SkeletonError::Name { .. } => Failure::usage(error).while_it(what),
        SkeletonError::Read { .. } | SkeletonError::Write { .. } => {
            Failure::infrastructure(error).while_it(what)
        }
    }
}
