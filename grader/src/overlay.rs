//! The overlay: answers laid over a pristine copy of the course, in a folder of the grader's own.
//!
//! The copy has what the course's labs are made of (manifests, harness, tests) and of a submission nothing but the exercise
//! files. A file that is laid over always gets a fresh modification time: by an old one, cargo would take
//! the program of the previous answer for that of this one.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::course::{Course, ExerciseRef};

/// The manifest of the copy: the labs, with the profile in which answers are built.
const MANIFEST: &str = "\
[workspace]
resolver = \"3\"
members = [\"labs/*\"]

[profile.dev]
debug = \"line-tables-only\"
incremental = false
";

/// What of a lab's folder is ours.
const PRISTINE: [&str; 3] = ["Cargo.toml", "harness", "tests"];

/// Why the copy could not be made.
#[derive(Debug, thiserror::Error)]
#[error(
    "write {path} (is the disk full, or the folder read-only? CARGO_TARGET_DIR chooses another one)"
)]
pub struct OverlayError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

/// A pristine copy of the course, ready for answers.
#[derive(Debug)]
pub struct Overlay {
    /// The copy's folder, a cargo workspace.
    pub root: PathBuf,
    /// Whether the manifests or the lock file have changed since the last time.
    pub packages_changed: bool,
}

impl Overlay {
    /// Brings the copy in `root` up to date. Files that are right already keep their modification times, so
    /// that nothing is built again without need.
    ///
    /// # Errors
    /// When the copy cannot be written.
    pub fn prepare(course: &Course, root: &Path) -> Result<Self, OverlayError> {
        let mut packages_changed = put(&root.join("Cargo.toml"), MANIFEST.as_bytes())?;
        // Cargo removes from `Cargo.lock` what the labs do not need; the original is kept beside it to compare.
        let lock = course.root.join("Cargo.lock");
        let lock = fs::read(&lock).map_err(|source| OverlayError { path: lock, source })?;
        packages_changed |= put(&root.join("course.lock"), &lock)?;
        if packages_changed {
            put(&root.join("Cargo.lock"), &lock)?;
        }
        let labs = root.join("labs");
        create(&labs)?;
        let kept: BTreeSet<PathBuf> = course
            .labs
            .iter()
            .map(|lab| labs.join(&lab.folder))
            .collect();
        remove_others(&labs, &kept)?;
        for lab in &course.labs {
            for part in PRISTINE {
                let changed = mirror(&lab.path.join(part), &labs.join(&lab.folder).join(part))?;
                packages_changed |= changed && part == "Cargo.toml";
            }
        }
        Ok(Self {
            root: root.to_path_buf(),
            packages_changed,
        })
    }

    /// Lays the sources over the copy: afterwards it has these exercise files and no others.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn lay_over(
        &self,
        course: &Course,
        sources: &[(ExerciseRef<'_>, &str)],
    ) -> Result<(), OverlayError> {
        for lab in &course.labs {
            let folder = self.root.join("labs").join(&lab.folder).join("src/bin");
            create(&folder)?;
            remove_others(&folder, &BTreeSet::new())?;
        }
        for (exercise, source) in sources {
            // Written anew each time: the modification time must be later than any build.
            write(&self.root.join(exercise.relative_path()), source.as_bytes())?;
        }
        Ok(())
    }
}

/// Makes `to` equal to `from`, file or folder; true when something had to change.
fn mirror(from: &Path, to: &Path) -> Result<bool, OverlayError> {
    let failed = |source| OverlayError {
        path: from.to_path_buf(),
        source,
    };
    if !from.is_dir() {
        return put(to, &fs::read(from).map_err(failed)?);
    }
    create(to)?;
    let mut changed = false;
    let mut kept = BTreeSet::new();
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let target = to.join(entry.file_name());
        changed |= mirror(&entry.path(), &target)?;
        kept.insert(target);
    }
    Ok(remove_others(to, &kept)? || changed)
}

/// Gives a file its content; true when it had another.
fn put(path: &Path, content: &[u8]) -> Result<bool, OverlayError> {
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        create(folder)?;
    }
    write(path, content)?;
    Ok(true)
}

fn write(path: &Path, content: &[u8]) -> Result<(), OverlayError> {
    fs::write(path, content).map_err(|source| OverlayError {
        path: path.to_path_buf(),
        source,
    })
}

fn create(folder: &Path) -> Result<(), OverlayError> {
    fs::create_dir_all(folder).map_err(|source| OverlayError {
        path: folder.to_path_buf(),
        source,
    })
}

/// Removes what is in `folder` and not in `kept`; true when there was something.
fn remove_others(folder: &Path, kept: &BTreeSet<PathBuf>) -> Result<bool, OverlayError> {
    let failed = |path: &Path, source| OverlayError {
        path: path.to_path_buf(),
        source,
    };
    let mut removed = false;
    for entry in fs::read_dir(folder).map_err(|source| failed(folder, source))? {
        let path = entry.map_err(|source| failed(folder, source))?.path();
        if kept.contains(&path) {
            continue;
        }
        let gone = if path.is_dir() && !path.is_symlink() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        gone.map_err(|source| failed(&path, source))?;
        removed = true;
    }
    Ok(removed)
}
