//! The text of a program: one file, or the files of a folder that several exercises share.
//!
//! Everything that handles answers (submissions, the overlay, the compiler, exports, self-checks) handles this, and so need not know
//! which of the two an exercise has. Paths are relative to `src/bin`, or to the folder of originals, which has the same form.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::course::ExerciseRef;

/// At most so many files are taken of a program's folder.
pub const MOST_FILES: usize = 32;

/// The files of one program, by their paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    files: BTreeMap<PathBuf, String>,
}

impl Sources {
    /// One file.
    #[must_use]
    pub fn one(path: PathBuf, text: String) -> Self {
        Self {
            files: BTreeMap::from([(path, text)]),
        }
    }

    /// The files of the program that an exercise is about, as they are in `base`.
    ///
    /// # Errors
    /// When one of them cannot be read, or there are none.
    pub fn read(base: &Path, exercise: ExerciseRef<'_>) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        for path in paths(base, exercise)? {
            let text = fs::read_to_string(base.join(&path))?;
            files.insert(path, text);
        }
        Ok(Self { files })
    }

    /// The same program with another text in the place of this file's.
    #[must_use]
    pub fn with(mut self, path: PathBuf, text: String) -> Self {
        self.files.insert(path, text);
        self
    }

    /// The files, by path.
    pub fn files(&self) -> impl Iterator<Item = (&Path, &str)> {
        let files = self.files.iter();
        files.map(|(path, text)| (path.as_path(), text.as_str()))
    }

    /// All of it as one text to be read: of several files, each under its path.
    #[must_use]
    pub fn as_one_text(&self) -> String {
        let is_one = self.files.len() == 1;
        let files = self.files.iter().map(|(path, text)| {
            if is_one {
                text.clone()
            } else {
                format!("// {}\n{text}", path.display())
            }
        });
        files.collect::<Vec<_>>().join("\n")
    }

    /// The text of one file.
    #[must_use]
    pub fn get(&self, path: &Path) -> Option<&str> {
        self.files.get(path).map(String::as_str)
    }
}

/// The paths of a program's files: the exercise's own, and those beside it where the program is a folder.
///
/// # Errors
/// When the folder cannot be read, or holds too many files.
pub fn paths(base: &Path, exercise: ExerciseRef<'_>) -> io::Result<Vec<PathBuf>> {
    let own = PathBuf::from(exercise.file());
    let Some(folder) = exercise.folder() else {
        return Ok(vec![own]);
    };
    let mut paths = vec![own];
    for entry in fs::read_dir(base.join(folder))? {
        let path = Path::new(folder).join(entry?.file_name());
        if path.extension().is_some_and(|it| it == "rs") && !paths.contains(&path) {
            paths.push(path);
        }
        if paths.len() > MOST_FILES {
            return Err(io::Error::other(format!(
                "there are more than {MOST_FILES} files in {folder}"
            )));
        }
    }
    paths.sort();
    Ok(paths)
}
