//! The course: its labs as they are on disk, and the names by which people ask for them.
//!
//! Owns where everything in the tree is, and reads what describes the course: `lab.toml`, snapshots and
//! diagnosis texts. It never reads a submission and never writes.

use std::fs;
use std::path::{Path, PathBuf};

mod check_names;
mod description;
mod diagnosis;
mod draw;
pub mod evidence;
pub mod intervention;
mod needs;

pub use description::{
    Case, Draw, Exercise, ExitExpectation, LabDescription, LeftoverExpectation, Level, Limits,
    LineExpectation, OrderExpectation, OutputExpectation, ProcessExpectation,
};
pub use diagnosis::{Diagnosis, DiagnosisError};
pub use draw::DEFAULT_SEED;
pub use needs::{MessageQueues, Needs};

/// All labs of one checkout, in reading order.
#[derive(Debug, Clone)]
pub struct Course {
    /// The checkout's folder.
    pub root: PathBuf,
    /// The labs, ordered by folder name.
    pub labs: Vec<Lab>,
}

/// One topic, one folder, one crate.
#[derive(Debug, Clone)]
pub struct Lab {
    /// The folder's name, such as `02-pipes`.
    pub folder: String,
    /// The crate's name, such as `pipes`.
    pub package: String,
    /// The folder.
    pub path: PathBuf,
    /// What `lab.toml` says.
    pub description: LabDescription,
}

/// Why a course could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CourseError {
    /// No folder from here upwards holds labs.
    #[error(
        "find the course: no folder from {start} upwards has labs/*/lab.toml; run this inside a checkout of the course"
    )]
    NotFound {
        /// Where the search began.
        start: PathBuf,
    },
    /// A file or folder of the course cannot be read.
    #[error("read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A `lab.toml` does not say what it must.
    #[error("understand {path}\n{fault}")]
    Faulty {
        /// The file.
        path: PathBuf,
        /// The fault with its line and a caret.
        fault: String,
    },
}

/// A name that stands for no lab and no exercise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no lab or exercise is called `{name}`{}", suggest(.nearest.as_deref()))]
pub struct UnknownName {
    /// What was asked for.
    pub name: String,
    /// The name that is most like it, if any is.
    pub nearest: Option<String>,
}

fn suggest(nearest: Option<&str>) -> String {
    nearest.map_or_else(
        || "; `cargo grade list` shows all".to_owned(),
        |name| format!("; did you mean `{name}`?"),
    )
}

/// An exercise of a course, with its lab.
#[derive(Debug, Clone, Copy)]
pub struct ExerciseRef<'a> {
    /// The lab it belongs to.
    pub lab: &'a Lab,
    /// The exercise.
    pub exercise: &'a Exercise,
}

impl Course {
    /// Finds the course that holds `start`, and reads every `lab.toml` in it.
    ///
    /// # Errors
    /// When there is no course, or a description cannot be read or is faulty.
    pub fn find(start: &Path) -> Result<Self, CourseError> {
        let root = start
            .ancestors()
            .find(|folder| is_course(folder))
            .ok_or_else(|| CourseError::NotFound {
                start: start.to_path_buf(),
            })?;
        Self::load(root)
    }

    /// Reads the course in `root`.
    ///
    /// # Errors
    /// When a description cannot be read or is faulty.
    pub fn load(root: &Path) -> Result<Self, CourseError> {
        let mut labs = Vec::new();
        for path in lab_folders(&root.join("labs"))? {
            labs.push(Lab::load(path)?);
        }
        let course = Self {
            root: root.to_path_buf(),
            labs,
        };
        check_names::check(&course)?;
        Ok(course)
    }

    /// All exercises in reading order.
    pub fn exercises(&self) -> impl Iterator<Item = ExerciseRef<'_>> {
        self.labs.iter().flat_map(Lab::exercises)
    }

    /// The exercise of this name.
    ///
    /// # Errors
    /// When there is none.
    pub fn exercise(&self, name: &str) -> Result<ExerciseRef<'_>, UnknownName> {
        let found = self
            .exercises()
            .find(|it| it.exercise.name.as_ref() == name);
        found.ok_or_else(|| {
            let names = self
                .exercises()
                .map(|it| it.exercise.name.as_ref().as_str());
            unknown(name, names)
        })
    }

    /// The exercises that the names stand for, in reading order and each once; all of them when no name
    /// is given. A name is an exercise's, a lab's folder, or a lab's package.
    ///
    /// # Errors
    /// When a name stands for nothing.
    pub fn select(&self, names: &[String]) -> Result<Vec<ExerciseRef<'_>>, UnknownName> {
        for name in names {
            if !self.exercises().any(|it| it.is_named(name)) {
                let known = self.exercises().flat_map(|it| {
                    [
                        it.exercise.name.as_ref().as_str(),
                        &it.lab.folder,
                        &it.lab.package,
                    ]
                });
                return Err(unknown(name, known));
            }
        }
        Ok(self
            .exercises()
            .filter(|it| names.is_empty() || names.iter().any(|name| it.is_named(name)))
            .collect())
    }

    /// The folder of reference answers; a student's copy has none.
    #[must_use]
    pub fn solutions(&self) -> PathBuf {
        self.root.join("solutions")
    }

    /// Whether this copy has reference answers.
    #[must_use]
    pub fn has_solutions(&self) -> bool {
        self.solutions().is_dir()
    }

    /// The text of a diagnosis: the lab's own where it has one, else the shared one.
    ///
    /// # Errors
    /// When neither exists, or its file does not have the form of a diagnosis.
    pub fn diagnosis(&self, lab: Option<&Lab>, name: &str) -> Result<Diagnosis, DiagnosisError> {
        let own = lab.map(|lab| lab.path.join("diagnoses"));
        let shared = self.root.join("grader/diagnoses");
        diagnosis::read(own.as_deref(), &shared, name)
    }

    /// The names of all diagnoses that have a text, sorted, each once.
    #[must_use]
    pub fn diagnosis_names(&self) -> Vec<String> {
        let shared = self.root.join("grader/diagnoses");
        let folders = self.labs.iter().map(|lab| lab.path.join("diagnoses"));
        diagnosis::names(folders.chain([shared]))
    }
}

impl Lab {
    fn load(path: PathBuf) -> Result<Self, CourseError> {
        let file = path.join("lab.toml");
        let text = read_text(&file)?;
        let description =
            toml::from_str(&text).map_err(|error: toml::de::Error| CourseError::Faulty {
                path: file,
                fault: error.to_string(),
            })?;
        let folder = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let package = folder
            .split_once('-')
            .map_or(folder.as_str(), |(_, topic)| topic)
            .to_owned();
        Ok(Self {
            folder,
            package,
            path,
            description,
        })
    }

    /// The lab's exercises in reading order.
    pub fn exercises(&self) -> impl Iterator<Item = ExerciseRef<'_>> {
        let exercises = self.description.exercises.iter();
        exercises.map(|exercise| ExerciseRef {
            lab: self,
            exercise,
        })
    }
}

impl ExerciseRef<'_> {
    /// The exercise's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.exercise.name.as_ref()
    }

    /// Whether a person who asks for `name` means this exercise, or all of its lab.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        [self.name(), &self.lab.folder, &self.lab.package].contains(&name)
    }

    /// The student's file, relative to `src/bin`.
    #[must_use]
    pub fn file(&self) -> String {
        let file = self.exercise.file.as_ref();
        file.map_or_else(|| format!("{}.rs", self.name()), |it| it.as_ref().clone())
    }

    /// The folder of the program's files, relative to `src/bin`; `None` where the program is one file.
    #[must_use]
    pub fn folder(&self) -> Option<&str> {
        let (folder, _) = self.exercise.file.as_ref()?.as_ref().split_once('/')?;
        Some(folder)
    }

    /// The program's name: its folder's, or the exercise's.
    #[must_use]
    pub fn program(&self) -> &str {
        self.folder().unwrap_or(self.name())
    }

    /// The program in `src/bin`: a file, or a folder.
    #[must_use]
    pub fn entry(&self) -> String {
        self.folder().map_or_else(|| self.file(), str::to_owned)
    }

    /// The folder of the lab's programs, relative to the checkout.
    #[must_use]
    pub fn programs_path(&self) -> PathBuf {
        Path::new("labs").join(&self.lab.folder).join("src/bin")
    }

    /// The path of the student's file, relative to the checkout.
    #[must_use]
    pub fn relative_path(&self) -> PathBuf {
        self.programs_path().join(self.file())
    }

    /// The student's file.
    #[must_use]
    pub fn answer_path(&self) -> PathBuf {
        self.lab.path.join("src/bin").join(self.file())
    }

    /// The folder of the lab's originals.
    #[must_use]
    pub fn stubs_path(&self) -> PathBuf {
        self.lab.path.join("harness/stubs")
    }

    /// The original of the student's file.
    #[must_use]
    pub fn stub_path(&self) -> PathBuf {
        self.stubs_path().join(self.file())
    }

    /// The folder of this exercise's lab in `solutions/`.
    #[must_use]
    pub fn solutions_folder(&self, course: &Course) -> PathBuf {
        course.solutions().join(&self.lab.folder)
    }

    /// The folder of the lab's reference programs.
    #[must_use]
    pub fn solution_base(&self, course: &Course) -> PathBuf {
        self.solutions_folder(course).join("src/bin")
    }

    /// The reference answer.
    #[must_use]
    pub fn solution_path(&self, course: &Course) -> PathBuf {
        self.solution_base(course).join(self.file())
    }

    /// The snapshot of a case's normalised output.
    #[must_use]
    pub fn snapshot_path(&self, case: &Case) -> PathBuf {
        let file = format!("expected/{}@{}.snap", self.name(), case.name.as_ref());
        self.lab.path.join(file)
    }

    /// The text of a case's snapshot: what follows insta's header.
    ///
    /// # Errors
    /// When the file is not there or has no header.
    pub fn snapshot(&self, case: &Case) -> Result<String, CourseError> {
        let path = self.snapshot_path(case);
        let text = read_text(&path)?;
        let body = text
            .strip_prefix("---\n")
            .and_then(|rest| rest.split_once("\n---\n"))
            .map(|(_, body)| body.strip_suffix('\n').unwrap_or(body).to_owned());
        body.ok_or_else(|| CourseError::Faulty {
            path,
            fault: "it is no snapshot: the header between two lines `---` is missing".to_owned(),
        })
    }
}

fn is_course(folder: &Path) -> bool {
    lab_folders(&folder.join("labs")).is_ok_and(|labs| !labs.is_empty())
}

/// The folders in `labs` that have a `lab.toml`, sorted by name.
fn lab_folders(labs: &Path) -> Result<Vec<PathBuf>, CourseError> {
    let failed = |source| CourseError::Read {
        path: labs.to_path_buf(),
        source,
    };
    let mut folders = Vec::new();
    for entry in fs::read_dir(labs).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.join("lab.toml").is_file() {
            folders.push(path);
        }
    }
    folders.sort();
    Ok(folders)
}

fn read_text(path: &Path) -> Result<String, CourseError> {
    fs::read_to_string(path).map_err(|source| CourseError::Read {
        path: path.to_path_buf(),
        source,
    })
}

/// The known name with the fewest differences from `name`, if it has few enough to be a slip.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (distance(name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.chars().count() / 3)
        .map(|(_, candidate)| candidate)
}

fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> UnknownName {
    UnknownName {
        name: name.to_owned(),
        nearest: nearest(name, known).map(str::to_owned),
    }
}

/// Levenshtein distance: how many letters must be inserted, deleted or replaced.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, letter) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (column, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

/// Whether `name` is kebab-case: lower-case letters and digits in words joined by hyphens.
#[must_use]
pub fn is_kebab_case(name: &str) -> bool {
    name.split('-').all(|word| {
        !word.is_empty()
            && word
                .chars()
                .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_gets_the_nearest_name_and_nonsense_gets_none() {
        let known = ["hello-pipe", "request-reply", "02-pipes"];
        let nearest = |name| unknown(name, known.into_iter()).nearest;
        assert_eq!(nearest("helo-pipe").as_deref(), Some("hello-pipe"));
        assert_eq!(nearest("02-pipe").as_deref(), Some("02-pipes"));
        assert_eq!(nearest("barrier"), None);
    }

    #[test]
    fn kebab_case_has_words_of_small_letters() {
        assert!(is_kebab_case("write-end-left-open"));
        assert!(is_kebab_case("200-kib"));
        for name in ["", "-x", "x-", "A", "a_b", "a b"] {
            assert!(!is_kebab_case(name), "{name}");
        }
    }
}
