//! Submissions: where answers come from, and what is taken of them.
//!
//! Only exercise files are read, each as plain text of a bounded size from a regular file inside the submission. Everything else of a
//! submission (manifests, build scripts, configuration, tests, harness) is never looked at.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::course::{Course, ExerciseRef};
use crate::sources::{self, Sources};

/// The largest source file that is graded, in bytes.
pub const LARGEST_SOURCE: u64 = 1024 * 1024;

/// Where the answers come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answers {
    /// The files of this checkout, edited in place.
    Checkout,
    /// The reference answers.
    Solutions,
    /// One file, as the answer to one exercise.
    File {
        /// The exercise's name.
        exercise: String,
        /// The file.
        file: PathBuf,
    },
    /// A folder laid out like the course.
    Folder(PathBuf),
}

/// One exercise's part of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// There is no such file.
    Missing,
    /// The text of its program.
    Source(Sources),
    /// The file is there and cannot be taken.
    Refused {
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

/// Why a submission cannot be graded at all.
#[derive(Debug, thiserror::Error)]
pub enum SubmissionError {
    /// The folder or file is not there, or is of another kind.
    #[error("open the submission {path}: {fault}")]
    Unusable {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// This copy of the course has no reference answers.
    #[error("find the reference answers: this copy of the course has no folder {path}")]
    NoSolutions {
        /// Where they would be.
        path: PathBuf,
    },
}

impl Answers {
    /// The answer to an exercise.
    #[must_use]
    pub fn answer(&self, course: &Course, exercise: ExerciseRef<'_>) -> Answer {
        match self {
            Self::Checkout => {
                let base = course.root.join(exercise.programs_path());
                read_program(&course.root, &base, exercise)
            }
            Self::Solutions => {
                read_program(&course.root, &exercise.solution_base(course), exercise)
            }
            Self::File {
                exercise: name,
                file,
            } if name == exercise.name() => {
                let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
                let text = read_inside(folder.unwrap_or(Path::new(".")), file);
                match (text, exercise.folder()) {
                    (Text::Taken(text), None) => {
                        Answer::Source(Sources::one(exercise.file().into(), text))
                    }
                    // The other files of its program are this checkout's.
                    (Text::Taken(text), Some(_)) => match Self::Checkout.answer(course, exercise) {
                        Answer::Source(others) => {
                            Answer::Source(others.with(exercise.file().into(), text))
                        }
                        other => other,
                    },
                    (other, _) => other.without_text(),
                }
            }
            Self::File { .. } => Answer::Missing,
            Self::Folder(folder) => {
                read_program(folder, &folder.join(exercise.programs_path()), exercise)
            }
        }
    }

    /// Checks that there is something to grade, and says what of it is not used.
    ///
    /// # Errors
    /// When the submission as a whole cannot be graded.
    pub fn inspect(&self, course: &Course) -> Result<Vec<String>, SubmissionError> {
        match self {
            Self::Checkout => Ok(Vec::new()),
            Self::Solutions if course.has_solutions() => Ok(Vec::new()),
            Self::Solutions => Err(SubmissionError::NoSolutions {
                path: course.solutions(),
            }),
            Self::File { file, .. } => match fs::metadata(file) {
                Ok(data) if data.is_file() => Ok(Vec::new()),
                Ok(_) => Err(unusable(file, "it is not a file")),
                Err(error) => Err(unusable(file, &error.to_string())),
            },
            Self::Folder(folder) => inspect_folder(course, folder),
        }
    }
}

fn unusable(path: &Path, fault: &str) -> SubmissionError {
    SubmissionError::Unusable {
        path: path.to_path_buf(),
        fault: fault.to_owned(),
    }
}

fn inspect_folder(course: &Course, folder: &Path) -> Result<Vec<String>, SubmissionError> {
    let labs = folder.join("labs");
    if let Err(error) = fs::read_dir(folder) {
        return Err(unusable(folder, &error.to_string()));
    }
    if !labs.is_dir() {
        let bare = folder.join("HEAD").is_file() && folder.join("objects").is_dir();
        return Err(unusable(
            folder,
            if bare {
                "it is a bare git repository; clone it and grade the clone"
            } else {
                "it has no folder `labs`; a submission is laid out like the course: labs/02-pipes/src/bin/hello-pipe.rs"
            },
        ));
    }
    let mut notes = Vec::new();
    for entry in sorted(&labs) {
        let name = entry
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some(lab) = course.labs.iter().find(|lab| lab.folder == name) else {
            notes.push(format!("not used: labs/{name} is no lab of this course"));
            continue;
        };
        for file in sorted(&entry.join("src/bin")) {
            let file = file
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let known = lab.exercises().any(|it| file == it.entry());
            if !known {
                notes.push(format!(
                    "not used: labs/{name}/src/bin/{file} is no exercise of this lab"
                ));
            }
        }
    }
    Ok(notes)
}

/// The entries of a folder by name; none where it cannot be read.
fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// What was taken of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// Its text.
    Taken(String),
    /// There is no such file.
    Missing,
    /// The file is there and cannot be taken.
    Refused {
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

impl Text {
    /// The text in a file's bytes.
    #[must_use]
    pub fn of(bytes: Vec<u8>) -> Self {
        if bytes.len() as u64 > LARGEST_SOURCE {
            return Self::too_large();
        }
        match String::from_utf8(bytes) {
            Ok(text) => Self::Taken(text),
            Err(error) => Self::Refused {
                reason: format!(
                    "the file is not UTF-8 (byte {}); save it as UTF-8",
                    error.utf8_error().valid_up_to()
                ),
            },
        }
    }

    /// What is said of a file that is larger than [`LARGEST_SOURCE`].
    #[must_use]
    pub fn too_large() -> Self {
        Self::Refused {
            reason: format!(
                "the file is larger than {} KiB; an answer is a page or two of text",
                LARGEST_SOURCE / 1024
            ),
        }
    }

    /// What is said of an answer one of whose files is not taken.
    fn without_text(self) -> Answer {
        match self {
            Self::Refused { reason } => Answer::Refused { reason },
            Self::Taken(_) | Self::Missing => Answer::Missing,
        }
    }
}

/// Reads the files of a program in `base`, all of which must be inside `folder`.
fn read_program(folder: &Path, base: &Path, exercise: ExerciseRef<'_>) -> Answer {
    let paths = match sources::paths(base, exercise) {
        Ok(paths) => paths,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Answer::Missing,
        Err(error) => {
            return Answer::Refused {
                reason: format!("the program's folder cannot be read: {error}"),
            };
        }
    };
    let mut taken = Sources::default();
    for path in paths {
        match read_inside(folder, &base.join(&path)) {
            Text::Taken(text) => taken = taken.with(path, text),
            other => return other.without_text(),
        }
    }
    Answer::Source(taken)
}

/// Reads a source file that must be inside `folder` once all links are followed.
#[must_use]
pub fn read_inside(folder: &Path, file: &Path) -> Text {
    let refused = |reason: String| Text::Refused { reason };
    let real = match fs::canonicalize(file) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return if fs::symlink_metadata(file).is_ok() {
                refused("the file is a link to nothing; put the file itself there".to_owned())
            } else {
                Text::Missing
            };
        }
        Err(error) => return refused(format!("the file cannot be read: {error}")),
    };
    match fs::canonicalize(folder) {
        Ok(folder) if real.starts_with(&folder) => {}
        _ => {
            return refused(
                "the file is a link that leads out of the submission; put the file itself there"
                    .to_owned(),
            );
        }
    }
    match read_bounded(&real) {
        Ok(bytes) => Text::of(bytes),
        Err(error) => refused(format!("the file cannot be read: {error}")),
    }
}

/// The content of a regular file, or so much of it that it is too large.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    // O_NONBLOCK: opening a FIFO must not wait for a writer; what was opened is looked at afterwards.
    let mut options = File::options();
    let file = options
        .read(true)
        .custom_flags(nix::libc::O_NONBLOCK)
        .open(path)?;
    let data = file.metadata()?;
    if !data.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_SOURCE + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[track_caller]
    fn refused(folder: &Path, file: &str) -> String {
        match read_inside(folder, &folder.join(file)) {
            Text::Refused { reason } => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_regular_text_files_inside_the_submission_are_taken() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.rs"), "secret").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path();
        fs::write(inside.join("a.rs"), "fn main() {}").unwrap();
        symlink("a.rs", inside.join("near.rs")).unwrap();
        symlink(outside.path().join("secret.rs"), inside.join("far.rs")).unwrap();
        symlink("nothing", inside.join("dangling.rs")).unwrap();
        fs::write(inside.join("latin.rs"), b"// caf\xe9").unwrap();
        nix::unistd::mkfifo(&inside.join("fifo.rs"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        fs::create_dir(inside.join("dir.rs")).unwrap();
        let large = File::create(inside.join("large.rs")).unwrap();
        large.set_len(100 * 1024 * 1024).unwrap();

        let taken = Text::Taken("fn main() {}".to_owned());
        assert_eq!(read_inside(inside, &inside.join("a.rs")), taken);
        assert_eq!(read_inside(inside, &inside.join("near.rs")), taken);
        assert_eq!(read_inside(inside, &inside.join("none.rs")), Text::Missing);
        assert!(refused(inside, "far.rs").contains("leads out"));
        assert!(refused(inside, "dangling.rs").contains("link to nothing"));
        assert!(refused(inside, "latin.rs").contains("byte 6"));
        assert!(refused(inside, "fifo.rs").contains("regular file"));
        assert!(refused(inside, "dir.rs").contains("regular file"));
        assert!(refused(inside, "large.rs").contains("1024 KiB"));
    }
}
