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
use crate::sources::Sources;

/// The manifest of the copy: the labs, with the profile in which answers are built.
const MANIFEST: &str = "\
[workspace]
resolver = \"3\"
members = [\"labs/*\"]

[profile.dev]
debug = \"line-tables-only\"
incremental = false
";

/// What of a lab's folder is ours. The manifest comes last: where it is right, all that it names has been there before.
const PRISTINE: [&str; 3] = ["harness", "tests", "Cargo.toml"];

/// Why the copy could not be made.
#[derive(Debug, thiserror::Error)]
pub enum OverlayError {
    /// A part of the course cannot be read.
    #[error("read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The copy cannot be written.
    #[error(
        "write {path} (is the disk full, or the folder read-only? CARGO_TARGET_DIR chooses another one)"
    )]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A pristine copy of the course, ready for answers.
#[derive(Debug)]
pub struct Overlay {
    /// The copy's folder, a cargo workspace.
    pub root: PathBuf,
    /// The text of everything that decides which packages are needed: manifests and lock file.
    pub packages: Vec<u8>,
    /// The course's lock file. Cargo removes from the copy's what the labs do not need.
    lock: Vec<u8>,
}

impl Overlay {
    /// Brings the copy in `root` up to date for answers to exercises of these labs. Of the others it has what cargo wants to
    /// see, as it was when they were needed last. Files that are right already keep their modification times, so that nothing is
    /// built again without need.
    ///
    /// # Errors
    /// When the course cannot be read or the copy cannot be written.
    pub fn prepare(
        course: &Course,
        root: &Path,
        needed: &BTreeSet<&str>,
    ) -> Result<Self, OverlayError> {
        put(&root.join("Cargo.toml"), MANIFEST.as_bytes())?;
        let lock = read(&course.root.join("Cargo.lock"))?;
        let mut packages = [MANIFEST.as_bytes(), &lock].concat();
        let labs = root.join("labs");
        create(&labs)?;
        let kept: BTreeSet<PathBuf> = course
            .labs
            .iter()
            .map(|lab| labs.join(&lab.folder))
            .collect();
        remove_others(&labs, &kept)?;
        for lab in &course.labs {
            let copy = labs.join(&lab.folder);
            let manifest = read(&lab.path.join("Cargo.toml"))?;
            let is_known = fs::read(copy.join("Cargo.toml")).is_ok_and(|it| it == manifest);
            packages.extend(manifest);
            if is_known && !needed.contains(lab.folder.as_str()) {
                continue;
            }
            for part in PRISTINE {
                mirror(&lab.path.join(part), &copy.join(part))?;
            }
        }
        Ok(Self {
            root: root.to_path_buf(),
            packages,
            lock,
        })
    }

    /// Whether the copy has a lock file.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.root.join("Cargo.lock").exists()
    }

    /// Gives the copy the course's own lock file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn lock(&self) -> Result<(), OverlayError> {
        write(&self.root.join("Cargo.lock"), &self.lock)
    }

    /// Lays the sources over the copy: afterwards it has these exercise files and no others.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn lay_over(
        &self,
        course: &Course,
        sources: &[(ExerciseRef<'_>, &Sources)],
    ) -> Result<(), OverlayError> {
        for lab in &course.labs {
            let folder = self.root.join("labs").join(&lab.folder).join("src/bin");
            create(&folder)?;
            remove_others(&folder, &BTreeSet::new())?;
        }
        for (exercise, source) in sources {
            let programs = self.root.join(exercise.programs_path());
            if let Some(folder) = exercise.folder() {
                create(&programs.join(folder))?;
            }
            for (path, text) in source.files() {
                // Written anew each time: the modification time must be later than any build.
                write(&programs.join(path), text.as_bytes())?;
            }
        }
        Ok(())
    }
}

/// Makes `to` equal to `from`: a file, a folder, or nothing.
fn mirror(from: &Path, to: &Path) -> Result<(), OverlayError> {
    if !from.exists() {
        return remove(to);
    }
    if !from.is_dir() {
        return put(to, &read(from)?);
    }
    create(to)?;
    let mut kept = BTreeSet::new();
    for entry in entries(from)? {
        let target = to.join(entry.file_name().unwrap_or_default());
        mirror(&entry, &target)?;
        kept.insert(target);
    }
    remove_others(to, &kept)
}

/// Gives a file its content, unless it has it.
fn put(path: &Path, content: &[u8]) -> Result<(), OverlayError> {
    if fs::read(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        create(folder)?;
    }
    write(path, content)
}

fn read(path: &Path) -> Result<Vec<u8>, OverlayError> {
    fs::read(path).map_err(|source| OverlayError::Read {
        path: path.to_path_buf(),
        source,
    })
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, OverlayError> {
    let list = || -> io::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(folder)?;
        entries.map(|entry| Ok(entry?.path())).collect()
    };
    list().map_err(|source| OverlayError::Read {
        path: folder.to_path_buf(),
        source,
    })
}

fn write(path: &Path, content: &[u8]) -> Result<(), OverlayError> {
    fs::write(path, content).map_err(|source| unwritten(path, source))
}

fn create(folder: &Path) -> Result<(), OverlayError> {
    fs::create_dir_all(folder).map_err(|source| unwritten(folder, source))
}

/// Removes what is in `folder` and not in `kept`.
fn remove_others(folder: &Path, kept: &BTreeSet<PathBuf>) -> Result<(), OverlayError> {
    for path in entries(folder)? {
        if !kept.contains(&path) {
            remove(&path)?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Result<(), OverlayError> {
    let gone = match fs::symlink_metadata(path) {
        Ok(data) if data.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => return Ok(()),
    };
    gone.map_err(|source| unwritten(path, source))
}

fn unwritten(path: &Path, source: io::Error) -> OverlayError {
    OverlayError::Write {
        path: path.to_path_buf(),
        source,
    }
}
