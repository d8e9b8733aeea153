//! The results of a class on disk: one file for each student, written whole or not at all.
//!
//! A file that is there is done: whoever starts again after a crash goes on with the rest. The manifest says who belongs to the class and
//! what was graded, so that gradebooks are made of manifest and results alone.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use grader::cache::Key;
use grader::grade::kept::Kept;
use grader::verdict::{Layer, Verdict};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::git::Commit;
use crate::roster::Student;
use crate::shard::Shard;

/// Name and version of the manifest's form.
pub(crate) const CLASS_SCHEMA: &str = "forklings/class/v1";

/// Name and version of a result's form.
pub(crate) const RESULT_SCHEMA: &str = "forklings/class-result/v1";

/// Bytes of a record that is kept; a larger one has events that nobody will read.
const LARGEST_RECORD: usize = 4 * 1024 * 1024;

/// How the names of files begin that are not written to their end.
const PART: &str = ".part-";

/// What a class run graded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// [`CLASS_SCHEMA`].
    pub(crate) schema: String,
    /// The exercises, in course order.
    pub(crate) exercises: Vec<Graded>,
    /// The seed of drawn arguments.
    pub(crate) seed: String,
    /// The part of the class that this is.
    pub(crate) shard: Shard,
    /// The protections of the runs.
    pub(crate) layers: Vec<Layer>,
    /// The roster's columns, where there is a roster.
    #[serde(default)]
    pub(crate) columns: Vec<String>,
    /// The keys of this part's students, in order, with their places in the whole class.
    pub(crate) students: Vec<(usize, String)>,
}

/// An exercise that was graded, and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Graded {
    /// The lab's folder.
    pub(crate) lab: String,
    /// The exercise.
    pub(crate) exercise: String,
    /// Its points.
    pub(crate) points: u32,
}

/// A student's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// [`RESULT_SCHEMA`].
    pub(crate) schema: String,
    /// Who.
    pub(crate) student: Student,
    /// Whether the roster has this student.
    pub(crate) is_enrolled: bool,
    /// The names of the entries that were graded.
    pub(crate) entries: Vec<String>,
    /// The commit, where the submission is a repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<Commit>,
    /// When the answers of each lab were last changed, where git knows, in seconds since 1970.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) times: BTreeMap<String, i64>,
    /// What of the repository's workflows is other than the course's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) workflow: Vec<String>,
    /// What became of it.
    pub(crate) state: State,
    /// What else should be known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<String>,
    /// The verdicts, in course order.
    pub(crate) verdicts: Vec<Judged>,
}

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub(crate) enum State {
    /// Every exercise has a verdict.
    Graded,
    /// Nothing was handed in.
    Missing,
    /// It cannot be graded, and why: the words are for the student.
    Refused {
        /// Why.
        reason: String,
    },
    /// The grader could not work. This is no verdict, and the next start tries again.
    NotGraded {
        /// What went wrong.
        reason: String,
    },
}

/// A verdict with the hash of everything that decided it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Judged {
    /// The hash; empty where nothing had to be run.
    pub(crate) key: String,
    /// The verdict.
    pub(crate) verdict: Verdict,
}

/// The folder of a class's results.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    /// Held for as long as this process writes there.
    _lock: Option<File>,
}

impl Store {
    /// Opens the folder for writing; made when it is not there. Nobody else can open it at the same time.
    ///
    /// # Errors
    /// When it cannot be used, or somebody else uses it.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        // Other students' answers and verdicts are nobody's business, in particular not that of programs that run meanwhile.
        let results = folder.join("results");
        if !results.is_dir() {
            DirBuilder::new().mode(0o700).create(&results)?;
        }
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(results.join(".lock"))?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => io::Error::other("another run writes there"),
            fs::TryLockError::Error(error) => error,
        })?;
        forget_parts(folder, 0)?;
        for ours in ["results", "feedback", "timelines"] {
            forget_parts(&folder.join(ours), 1)?;
        }
        Ok(Self {
            folder: folder.to_path_buf(),
            _lock: Some(lock),
        })
    }

    /// A folder that is only read.
    pub(crate) fn read_only(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            _lock: None,
        }
    }

    /// A student's result; `None` where there is none, or none that can be read.
    pub(crate) fn get(&self, id: &str) -> Option<Outcome> {
        let outcome: Outcome = read(&self.place(id))?;
        (outcome.schema == RESULT_SCHEMA && outcome.student.id == id).then_some(outcome)
    }

    /// Writes a student's result.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn put(&self, outcome: &Outcome) -> io::Result<()> {
        write(&self.place(&outcome.student.id), outcome)
    }

    /// Keeps what there is to keep of an exercise's runs, and removes what was kept of a former answer's.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn keep(&self, id: &str, exercise: &str, kept: &Kept) -> io::Result<()> {
        let run = kept.run.as_deref().map(serde_json::to_vec).transpose()?;
        let run = run.filter(|text| text.len() <= LARGEST_RECORD);
        let near = (!kept.near.is_empty()).then(|| serde_json::to_vec(&kept.near));
        for (path, text) in [
            (self.record_place(id, exercise), run),
            (self.near_place(id, exercise), near.transpose()?),
        ] {
            match text {
                Some(text) => {
                    if let Some(folder) = path.parent() {
                        let mut builder = DirBuilder::new();
                        builder.recursive(true).mode(0o700).create(folder)?;
                    }
                    write_whole(&path, &text)?;
                }
                None => match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                },
            }
        }
        Ok(())
    }

    /// What is kept of an exercise's runs.
    pub(crate) fn kept(&self, id: &str, exercise: &str) -> Kept {
        Kept {
            run: read(&self.record_place(id, exercise)),
            near: read(&self.near_place(id, exercise)).unwrap_or_default(),
        }
    }

    fn record_place(&self, id: &str, exercise: &str) -> PathBuf {
        let folder = self.folder.join("records").join(file_name(id));
        folder.join(format!("{exercise}.json"))
    }

    /// Apart from the results: these are measured, and may be others the next time.
    fn near_place(&self, id: &str, exercise: &str) -> PathBuf {
        let folder = self.folder.join("records").join(file_name(id));
        folder.join(format!("{exercise}.near.json"))
    }

    /// The manifest; `None` where there is none of this form.
    pub(crate) fn manifest(&self) -> Option<Manifest> {
        let manifest: Manifest = read(&self.folder.join("class.json"))?;
        (manifest.schema == CLASS_SCHEMA).then_some(manifest)
    }

    /// Writes the manifest.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn put_manifest(&self, manifest: &Manifest) -> io::Result<()> {
        write(&self.folder.join("class.json"), manifest)
    }

    fn place(&self, id: &str) -> PathBuf {
        let name = format!("{}.json", file_name(id));
        self.folder.join("results").join(name)
    }
}

/// A student's key as a file name: one for each, and nothing but a name.
pub(crate) fn file_name(id: &str) -> String {
    let mut name = String::new();
    for byte in id.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-_@+".contains(&byte);
        if plain || (byte == b'.' && !name.is_empty()) {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02x}"));
        }
    }
    if name.len() > 120 {
        // Cut in the middle of a letter it may be: nobody reads it back.
        name.truncate(80);
        name.push_str(&Key::of("student/1").with(id).name());
    }
    name
}

fn read<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn write<T: Serialize>(path: &Path, value: &T) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    write_whole(path, &text)
}

/// Removes what a run that was killed had begun to write, in a folder and so many levels below it.
fn forget_parts(folder: &Path, levels: usize) -> io::Result<()> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with(PART) {
            fs::remove_file(path)?;
        } else if levels > 0 && entry.file_type()?.is_dir() {
            forget_parts(&path, levels - 1)?;
        }
    }
    Ok(())
}

/// Writes a file, all of it or nothing, so that a crash of the machine leaves the old one or the new one.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let mut file = tempfile::Builder::new()
        .prefix(PART)
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_and_not_ended_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let there = |name: &str| folder.path().join(name);
        fs::create_dir_all(there("timelines/ada")).unwrap();
        fs::create_dir_all(there("feedback")).unwrap();
        let parts = [".part-1", "feedback/.part-2", "timelines/ada/.part-3"];
        let kept = ["part-1", "feedback/ada.md", "timelines/ada/one.html"];
        for name in parts.iter().chain(&kept) {
            fs::write(there(name), "").unwrap();
        }
        Store::open(folder.path()).unwrap();
        assert!(parts.iter().all(|name| !there(name).exists()));
        assert!(kept.iter().all(|name| there(name).exists()));
    }

    #[test]
    fn keys_become_names_that_lead_nowhere() {
        let name = file_name;
        assert_eq!(name("ada.l@x.org"), "ada.l@x.org");
        assert_eq!(name("../x"), "%2e.%2fx");
        assert_eq!(name(".lock"), "%2elock");
        assert_eq!(name("Zoë"), "Zo%c3%ab");
        assert_ne!(name("a/b"), name("a%2fb"));
        let (one, other) = ("x".repeat(300) + "a", "x".repeat(300) + "b");
        assert_ne!(name(&one), name(&other));
        assert!(name(&one).len() < 200);
    }

    #[test]
    fn one_run_at_a_time_writes() {
        let folder = tempfile::tempdir().unwrap();
        let first = Store::open(folder.path()).unwrap();
        let said = Store::open(folder.path()).unwrap_err().to_string();
        assert!(said.contains("another run"), "{said}");
        drop(first);
        Store::open(folder.path()).unwrap();
    }
}
