//! The student's copy of the course: no reference answers, no mistakes, no hidden cases.
//!
//! Owns what a copy is made of, and how a copy that a student works in is brought up to date without losing anything. What was
//! written there is told from what came from here by the copy's ledger, which has the hash of every file that was exported.
//! A file that is neither as exported nor as it is to be is the student's work: an answer stays where it is, and anything else is
//! kept in `backups/` before it is replaced.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cache::Key;
use crate::course::{Course, CourseError, Lab};
use crate::sources::Sources;

mod hidden;
mod ledger;
mod place;

use ledger::Ledger;

/// What of the checkout's root is part of a copy, where it is there.
const ROOT: [&str; 13] = [
    ".cargo",
    ".devcontainer",
    ".editorconfig",
    ".gitignore",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "class",
    "clippy.toml",
    "manual",
    "rust-toolchain.toml",
    "watch",
];

/// What of the grader is: its tests need the whole course.
const GRADER: [&str; 3] = ["Cargo.toml", "diagnoses", "src"];

/// What of a lab is as it is; the rest is made for the copy.
const LAB: [&str; 5] = ["Cargo.toml", "README.md", "diagnoses", "harness", "tests"];

/// What a copy has in its own form: its front page, its editor's settings, its workflow. It lies there as it is to lie in the copy.
const STUDENT: &str = "docs/student";

/// The folder of a copy that keeps what was replaced.
pub const BACKUPS: &str = "backups";

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The folder holds files that are not an exported copy's.
    #[error("export into {dir}: {file} is there already, and was not put there by an export")]
    Occupied {
        /// The folder.
        dir: PathBuf,
        /// The first such file.
        file: PathBuf,
    },
    /// The folder is a part of this checkout.
    #[error("export into {dir}: it is inside of this checkout")]
    Inside {
        /// The folder.
        dir: PathBuf,
    },
    /// Hidden cases cannot be cut out of a description.
    #[error(
        "cut the hidden cases out of {path}: each case must begin with a line `[[exercise.case]]`"
    )]
    Hidden {
        /// The description.
        path: PathBuf,
    },
    /// The course cannot be read.
    #[error(transparent)]
    Course(#[from] CourseError),
    /// A file of the course cannot be read.
    #[error("read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The copy cannot be written.
    #[error("write {path}")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// What an export did. Paths are relative to the copy.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Whether there was a copy before.
    pub is_update: bool,
    /// How many files the copy has of the course.
    pub files: usize,
    /// How many of them were not as they are now.
    pub written: usize,
    /// Files that are no part of the course any more.
    pub removed: usize,
    /// Answers that the student has written and whose original has changed since.
    pub stale_answers: Vec<PathBuf>,
    /// Where a changed file was kept before it was replaced or removed: the file, and the name in `backups/`.
    pub kept: Vec<(PathBuf, PathBuf)>,
}

/// A file of the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Content {
    bytes: Vec<u8>,
    executable: bool,
    whose: Whose,
}

/// Who may change a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// The course: it is replaced by each export.
    Ours,
    /// The student: what was written is never touched.
    Students,
}

type Files = BTreeMap<PathBuf, Content>;

/// Makes or updates the copy in `dir`.
///
/// # Errors
/// When the folder is not one for a copy, the course cannot be read, or the copy cannot be written. A second try goes on
/// where the first stopped.
pub fn export(course: &Course, dir: &Path) -> Result<Exported, ExportError> {
    refuse_inside(course, dir)?;
    let files = files(course)?;
    let ledger = Ledger::read(dir)?;
    if ledger.is_none() {
        refuse_occupied(dir, &files)?;
    }
    let mut exported = Exported {
        is_update: ledger.is_some(),
        files: files.len(),
        ..Exported::default()
    };
    let before = ledger.unwrap_or_default();
    // Whoever is interrupted leaves a ledger that knows the old files and the new ones.
    let mut after = Ledger::default();
    for (path, content) in &files {
        after.add(path, hash(&content.bytes));
    }
    before.and(&after).write(dir)?;
    for (path, content) in &files {
        place::put(dir, path, content, &before, &mut exported)?;
    }
    for path in before.paths().filter(|path| !files.contains_key(*path)) {
        place::remove(dir, path, &before, &mut exported)?;
    }
    after.write(dir)?;
    Ok(exported)
}

fn refuse_inside(course: &Course, dir: &Path) -> Result<(), ExportError> {
    // The folder need not be there yet: what counts is where it will be.
    let existing = dir
        .ancestors()
        .find(|it| it.exists() || it.as_os_str().is_empty());
    let place = match existing {
        Some(it) if !it.as_os_str().is_empty() => it.canonicalize(),
        _ => std::env::current_dir(),
    };
    let root = course.root.canonicalize();
    match (place, root) {
        (Ok(place), Ok(root)) if place.starts_with(&root) => Err(ExportError::Inside {
            dir: dir.to_path_buf(),
        }),
        _ => Ok(()),
    }
}

/// A folder without a ledger may hold anything but files that the copy would have.
fn refuse_occupied(dir: &Path, files: &Files) -> Result<(), ExportError> {
    let there = |path: &&PathBuf| fs::symlink_metadata(dir.join(path)).is_ok();
    match files.keys().find(there) {
        None => Ok(()),
        Some(file) => Err(ExportError::Occupied {
            dir: dir.to_path_buf(),
            file: file.clone(),
        }),
    }
}

/// Everything that a copy has.
fn files(course: &Course) -> Result<Files, ExportError> {
    let mut files = Files::new();
    for part in ROOT {
        collect(&course.root, Path::new(part), &mut files)?;
    }
    for part in GRADER {
        collect(&course.root, &Path::new("grader").join(part), &mut files)?;
    }
    if let Some(manifest) = files.get_mut(Path::new("grader/Cargo.toml")) {
        manifest.bytes = without_tests(&String::from_utf8_lossy(&manifest.bytes)).into_bytes();
    }
    for lab in &course.labs {
        let folder = Path::new("labs").join(&lab.folder);
        for part in LAB {
            collect(&course.root, &folder.join(part), &mut files)?;
        }
        made_for_the_copy(lab, &folder, &mut files)?;
    }
    collect(&course.root.join(STUDENT), Path::new(""), &mut files)?;
    Ok(files)
}

/// A manifest without the tests that it names: they are not there.
fn without_tests(manifest: &str) -> String {
    let mut is_test = false;
    let mut kept = String::new();
    for line in manifest.split_inclusive('\n') {
        if line.starts_with('[') {
            is_test = line.trim_end() == "[[test]]";
        }
        if !is_test {
            kept.push_str(line);
        }
    }
    kept
}

/// What differs from the checkout's: the description without hidden cases, the snapshots of the others, and the originals in
/// the place of answers.
fn made_for_the_copy(lab: &Lab, folder: &Path, files: &mut Files) -> Result<(), ExportError> {
    let path = lab.path.join("lab.toml");
    let text = fs::read_to_string(&path).map_err(|source| unread(&path, source))?;
    let text = hidden::without_hidden(&text, &lab.description)
        .ok_or_else(|| ExportError::Hidden { path: path.clone() })?;
    files.insert(folder.join("lab.toml"), ours(text.into_bytes()));
    for exercise in lab.exercises() {
        let shown = exercise.exercise.cases.iter().filter(|case| !case.hidden);
        for case in shown {
            let path = exercise.snapshot_path(case);
            let Some(name) = path.file_name() else {
                continue;
            };
            if let Some(snapshot) = read_if_there(&path)? {
                files.insert(folder.join("expected").join(name), snapshot);
            }
        }
        let stubs = exercise.stubs_path();
        let stubs = Sources::read(&stubs, exercise).map_err(|source| unread(&stubs, source))?;
        for (path, text) in stubs.files() {
            let answer = Content {
                whose: Whose::Students,
                ..ours(text.as_bytes().to_vec())
            };
            files.insert(exercise.programs_path().join(path), answer);
        }
    }
    Ok(())
}

/// Adds a file, or everything in a folder. Symbolic links are no part of the course.
fn collect(root: &Path, path: &Path, files: &mut Files) -> Result<(), ExportError> {
    let from = root.join(path);
    let Ok(data) = fs::symlink_metadata(&from) else {
        return Ok(());
    };
    if data.is_dir() {
        let entries = fs::read_dir(&from).map_err(|source| unread(&from, source))?;
        for entry in entries {
            let name = entry.map_err(|source| unread(&from, source))?.file_name();
            collect(root, &path.join(name), files)?;
        }
    } else if data.is_file()
        && let Some(content) = read_if_there(&from)?
    {
        files.insert(path.to_path_buf(), content);
    }
    Ok(())
}

fn read_if_there(path: &Path) -> Result<Option<Content>, ExportError> {
    use std::os::unix::fs::PermissionsExt as _;
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(unread(path, source)),
    };
    let data = fs::metadata(path).map_err(|source| unread(path, source))?;
    Ok(Some(Content {
        executable: data.permissions().mode() & 0o100 != 0,
        ..ours(bytes)
    }))
}

fn ours(bytes: Vec<u8>) -> Content {
    Content {
        bytes,
        executable: false,
        whose: Whose::Ours,
    }
}

fn hash(bytes: &[u8]) -> String {
    Key::of("export/1").with(bytes).name()
}

fn unread(path: &Path, source: io::Error) -> ExportError {
    ExportError::Read {
        path: path.to_path_buf(),
        source,
    }
}

fn unwritten(path: &Path, source: io::Error) -> ExportError {
    ExportError::Write {
        path: path.to_path_buf(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::without_tests;

    #[test]
    fn a_manifest_loses_its_tests_and_nothing_else() {
        let manifest = "[package]\nname = \"x\"\n\n[[test]]\nname = \"y\"\nharness = false\n\n[lints]\nworkspace = true\n";
        let kept = "[package]\nname = \"x\"\n\n[lints]\nworkspace = true\n";
        assert_eq!(without_tests(manifest), kept);
        let own = include_str!("../Cargo.toml");
        assert!(own.contains("[[test]]") && !without_tests(own).contains("[[test]]"));
    }
}
