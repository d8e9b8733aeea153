//! What is taken of a student's entries: the text of each exercise file, and nothing else.
//!
//! A submission laid out like the course is found wherever it lies in a folder or archive; files with the names of exercises that lie
//! about loosely are answers, too. What cannot be decided without guessing is refused, with words for the student.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use grader::course::{Course, ExerciseRef};
use grader::sources::{MOST_FILES, Sources};
use grader::submission::{self, Answer, Text};

use crate::archive::{self, ArchiveError, Content, MOST_MEMBERS, Member, is_archive};
use crate::git::{self, Commit};

/// Folders deeper than this are not looked into.
const DEEPEST: usize = 12;

/// Folders that hold nothing of a student's own.
const SKIPPED: [&str; 5] = ["target", "__MACOSX", "node_modules", "harness", "backups"];

/// What was taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The answers by exercise; an exercise that is not there was not handed in.
    pub(crate) answers: BTreeMap<String, Answer>,
    /// The commit, where the submission is a git repository.
    pub(crate) commit: Option<Commit>,
}

/// Why nothing was taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    /// The submission is not as it should be; the words are for the student.
    #[error("{0}")]
    Refused(String),
    /// This machine cannot read it: no fault of the student's.
    #[error("read {path}: {source}")]
    Machine {
        /// What cannot be read.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Takes the answers of a student's entries.
///
/// # Errors
/// When the submission is refused, or cannot be read.
pub(crate) fn take(course: &Course, paths: &[PathBuf]) -> Result<Taken, TakeError> {
    let is_loose =
        |path: &&PathBuf| path.extension().is_some_and(|it| it == "rs") && path.is_file();
    let (loose, whole): (Vec<&PathBuf>, Vec<&PathBuf>) = paths.iter().partition(is_loose);
    match (loose.as_slice(), whole.as_slice()) {
        (_, []) => take_loose(course, &loose),
        ([], [path]) if path.is_dir() => take_folder(course, path),
        ([], [path]) => take_archive(course, path),
        _ => {
            let names: Vec<String> = paths.iter().map(|path| name_of(path)).collect();
            Err(TakeError::Refused(format!(
                "there are several submissions: {}; one must be chosen",
                names.join(", ")
            )))
        }
    }
}

/// Files that were handed in one by one. Platforms put numbers in front of their names.
fn take_loose(course: &Course, files: &[&PathBuf]) -> Result<Taken, TakeError> {
    let mut parts = Parts::default();
    for file in files {
        let name = name_of(file);
        let name = name.rsplit('_').next().unwrap_or(&name);
        if let Some(slot) = Slot::called(course, name) {
            parts.put(
                slot,
                text_in(file.parent().unwrap_or(Path::new(".")), file)?,
            );
        }
    }
    if parts.0.is_empty() {
        let names: Vec<String> = files.iter().map(|path| name_of(path)).collect();
        return Err(TakeError::Refused(format!(
            "no file has the name of an exercise: {}",
            names.join(", ")
        )));
    }
    parts.answers(course)
}

/// The text in a file. What this machine refuses to read is not the student's fault.
fn text_in(folder: &Path, file: &Path) -> Result<Text, TakeError> {
    let text = submission::read_inside(folder, file);
    if matches!(&text, Text::Refused { reason } if reason.contains("cannot be read")) {
        let is_file = fs::symlink_metadata(file).is_ok_and(|data| data.is_file());
        match fs::File::open(file) {
            Err(source) if is_file => return Err(machine(file, source)),
            _ => {}
        }
    }
    Ok(text)
}

/// A file that an answer may have: the lab, and the path below `src/bin`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    /// The lab's folder.
    lab: String,
    path: PathBuf,
}

impl Slot {
    /// The file of an exercise.
    fn of(exercise: ExerciseRef<'_>) -> Self {
        Self {
            lab: exercise.lab.folder.clone(),
            path: exercise.file().into(),
        }
    }

    /// The file that a path means: one with the name of an exercise, or one in the folder of a program. Platforms put `-1` behind the
    /// name of a file that was handed in again.
    fn called(course: &Course, path: &str) -> Option<Self> {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = name.strip_suffix(".rs")?;
        let folder = folders.rsplit('/').next().unwrap_or_default();
        let program = course.exercises().find(|it| it.folder() == Some(folder));
        if let Some(exercise) = program {
            return Some(Self {
                lab: exercise.lab.folder.clone(),
                path: Path::new(folder).join(name),
            });
        }
        let exercise = course.exercise(stem).ok().or_else(|| {
            let (stem, number) = stem.rsplit_once('-')?;
            number.parse::<u32>().ok()?;
            course.exercise(stem).ok()
        });
        exercise.map(Self::of)
    }

    /// Where the course has it.
    fn place(&self) -> String {
        format!("labs/{}/src/bin/{}", self.lab, self.path.display())
    }
}

/// The texts that were taken, of which answers are made.
#[derive(Debug, Default)]
struct Parts(BTreeMap<Slot, Text>);

impl Parts {
    /// A text beside what is there: two for one file are none.
    fn put(&mut self, slot: Slot, text: Text) {
        let text = match self.0.remove(&slot) {
            Some(before) if before != text => Text::Refused {
                reason: "the file is there twice, with different texts; hand in one".to_owned(),
            },
            _ => text,
        };
        self.0.insert(slot, text);
    }

    /// The answers: to each exercise whose own file is there.
    fn answers(&self, course: &Course) -> Result<Taken, TakeError> {
        let mut taken = Taken::default();
        for exercise in course.exercises() {
            if let Some(own) = self.0.get(&Slot::of(exercise)) {
                let answer = self.answer(exercise, own)?;
                taken.answers.insert(exercise.name().to_owned(), answer);
            }
        }
        Ok(taken)
    }

    fn answer(&self, exercise: ExerciseRef<'_>, own: &Text) -> Result<Answer, TakeError> {
        let Some(folder) = exercise.folder() else {
            return Ok(answer_of(Sources::default(), exercise.file().into(), own));
        };
        // What was not handed in of a program is as it was at the beginning.
        let stubs = exercise.stubs_path();
        let mut sources = Sources::read(&stubs, exercise).map_err(|it| machine(&stubs, it))?;
        let own_slots =
            |slot: &Slot| slot.lab == exercise.lab.folder && slot.path.starts_with(folder);
        for (slot, text) in self.0.iter().filter(|(slot, _)| own_slots(slot)) {
            match answer_of(sources, slot.path.clone(), text) {
                Answer::Source(more) => sources = more,
                other => return Ok(other),
            }
        }
        if sources.files().count() > MOST_FILES {
            return Ok(Answer::Refused {
                reason: format!("there are more than {MOST_FILES} files in {folder}"),
            });
        }
        Ok(Answer::Source(sources))
    }
}

/// The program with this text in it, too.
fn answer_of(sources: Sources, path: PathBuf, text: &Text) -> Answer {
    match text {
        Text::Taken(text) => Answer::Source(sources.with(path, text.clone())),
        Text::Missing => Answer::Missing,
        Text::Refused { reason } => Answer::Refused {
            reason: reason.clone(),
        },
    }
}

fn take_folder(course: &Course, folder: &Path) -> Result<Taken, TakeError> {
    if git::is_bare(folder) {
        let (members, commit) = git::read(folder, &|path| is_wanted(course, path))?;
        let mut taken = taken_of(course, members)?;
        taken.commit = Some(commit);
        return Ok(taken);
    }
    let mut found = Vec::new();
    walk(folder, "", course, &mut found, &mut 0, 0)?;
    let inner = match found.as_slice() {
        // One archive in a folder of its own, as Moodle packs them.
        [] => the_archive_in(folder)?,
        _ => None,
    };
    if let Some(archive) = inner {
        return take_archive(course, &archive);
    }
    let mut parts = Parts::default();
    for (slot, at) in layout(course, &found)? {
        parts.put(slot, text_in(folder, &folder.join(&found[at]))?);
    }
    let mut taken = parts.answers(course)?;
    taken.commit = git::commit(folder);
    Ok(taken)
}

fn take_archive(course: &Course, path: &Path) -> Result<Taken, TakeError> {
    let members = archive::read(path, &|path| is_wanted(course, path));
    let members = members.map_err(|error| match error {
        ArchiveError::Machine(source) => machine(path, source),
        error => TakeError::Refused(error.to_string()),
    })?;
    taken_of(course, members)
}

fn taken_of(course: &Course, members: Vec<Member>) -> Result<Taken, TakeError> {
    let paths: Vec<String> = members.iter().map(|it| it.path.clone()).collect();
    let mut parts = Parts::default();
    for (slot, at) in layout(course, &paths)? {
        let refused = |words: &str| Text::Refused {
            reason: words.to_owned(),
        };
        let text = match &members[at].content {
            Content::Bytes(bytes) => Text::of(bytes.clone()),
            Content::TooLarge => Text::too_large(),
            Content::Link => refused("the file is a link; put the file itself there"),
            Content::Strange(what) => refused(&format!("the file cannot be taken: {what}")),
        };
        parts.put(slot, text);
    }
    parts.answers(course)
}

/// Which of the paths is which file of an answer.
fn layout(course: &Course, paths: &[String]) -> Result<Vec<(Slot, usize)>, TakeError> {
    let mut laid = Vec::new();
    let mut loose = Vec::new();
    for (at, path) in paths.iter().enumerate() {
        let Some(slot) = Slot::called(course, path) else {
            continue;
        };
        match path.strip_suffix(&slot.place()) {
            Some(root) if root.is_empty() || root.ends_with('/') => {
                laid.push((root.to_owned(), slot, at));
            }
            _ => loose.push((depth(path), slot, at)),
        }
    }
    if let Some(least) = laid.iter().map(|(root, ..)| depth(root)).min() {
        let mut roots: Vec<&str> = laid
            .iter()
            .map(|(root, ..)| root.as_str())
            .filter(|root| depth(root) == least)
            .collect();
        roots.sort_unstable();
        roots.dedup();
        if let [one, other, ..] = roots.as_slice() {
            return Err(TakeError::Refused(format!(
                "there are several copies of the course: {one} and {other}; hand in one"
            )));
        }
        let root = roots.first().copied().unwrap_or_default().to_owned();
        let chosen = laid.into_iter().filter(|(own, ..)| *own == root);
        return Ok(chosen.map(|(_, slot, at)| (slot, at)).collect());
    }
    if loose.is_empty() {
        return Err(TakeError::Refused(
            "there is no file of an exercise in it; a submission has them where the course has them: \
             labs/02-pipes/src/bin/hello-pipe.rs"
                .to_owned(),
        ));
    }
    // Of several files for one place, those that lie deeper are somebody's copies.
    let mut least: BTreeMap<Slot, usize> = BTreeMap::new();
    for (depth, slot, _) in &loose {
        let least = least.entry(slot.clone()).or_insert(*depth);
        *least = (*least).min(*depth);
    }
    let chosen = loose
        .into_iter()
        .filter(|(depth, slot, _)| least.get(slot) == Some(depth));
    Ok(chosen.map(|(_, slot, at)| (slot, at)).collect())
}

fn depth(path: &str) -> usize {
    path.matches('/').count()
}

fn is_wanted(course: &Course, path: &str) -> bool {
    Slot::called(course, path).is_some() && !path.rsplit('/').skip(1).any(is_skipped)
}

fn is_skipped(folder: &str) -> bool {
    folder.starts_with('.') || SKIPPED.contains(&folder)
}

/// The wanted files below a folder, by their paths in it. Links to folders are not followed.
fn walk(
    folder: &Path,
    within: &str,
    course: &Course,
    found: &mut Vec<String>,
    seen: &mut u64,
    depth: usize,
) -> Result<(), TakeError> {
    let entries = fs::read_dir(folder).map_err(|source| machine(folder, source))?;
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| machine(folder, source))?;
        *seen += 1;
        if *seen > MOST_MEMBERS {
            return Err(TakeError::Refused(format!(
                "the folder has more than {MOST_MEMBERS} files; hand in only the folder `labs`"
            )));
        }
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let kind = entry
            .file_type()
            .map_err(|source| machine(folder, source))?;
        if kind.is_dir() {
            if !is_skipped(&name) && depth < DEEPEST {
                folders.push(name);
            }
        } else {
            let path = format!("{within}{name}");
            if Slot::called(course, &path).is_some() {
                found.push(path);
            }
        }
    }
    folders.sort();
    for name in folders {
        let path = folder.join(&name);
        walk(
            &path,
            &format!("{within}{name}/"),
            course,
            found,
            seen,
            depth + 1,
        )?;
    }
    Ok(())
}

/// The only archive in a folder that holds nothing else to grade.
fn the_archive_in(folder: &Path) -> Result<Option<PathBuf>, TakeError> {
    let entries = fs::read_dir(folder).map_err(|source| machine(folder, source))?;
    let mut archives: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| entry.path())
        .filter(|path| is_archive(&name_of(path)))
        .collect();
    archives.sort();
    match archives.as_slice() {
        [] => Ok(None),
        [archive] => Ok(Some(archive.clone())),
        [one, other, ..] => Err(TakeError::Refused(format!(
            "there are several archives: {} and {}; hand in one",
            name_of(one),
            name_of(other)
        ))),
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

pub(crate) fn machine(path: &Path, source: io::Error) -> TakeError {
    TakeError::Machine {
        path: path.to_path_buf(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course() -> Course {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        Course::load(root).unwrap()
    }

    /// What is taken of a folder with these files, each with its own path as its text.
    fn taken(paths: &[&str]) -> BTreeMap<String, Answer> {
        let folder = tempfile::tempdir().unwrap();
        for path in paths {
            let file = folder.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, path).unwrap();
        }
        let course = course();
        let from_folder = take(&course, &[folder.path().to_path_buf()]).unwrap();
        let members = paths.iter().map(|path| Member {
            path: (*path).to_owned(),
            content: Content::Bytes(path.as_bytes().to_vec()),
        });
        let wanted = members.filter(|it| is_wanted(&course, &it.path)).collect();
        let from_archive = taken_of(&course, wanted).unwrap();
        assert_eq!(from_folder, from_archive);
        from_folder.answers
    }

    fn texts<'a>(answers: &'a BTreeMap<String, Answer>, exercise: &str) -> Vec<(&'a str, &'a str)> {
        let Some(Answer::Source(sources)) = answers.get(exercise) else {
            panic!("{exercise}: {:?}", answers.get(exercise));
        };
        let files = sources.files();
        files
            .map(|(path, text)| (path.to_str().unwrap(), text))
            .collect()
    }

    #[test]
    fn an_answer_of_several_files_is_taken_whole_and_stubs_stand_for_the_rest() {
        let bin = "x/labs/13-shell/src/bin/shell";
        let [pipes, more] = ["pipes", "more"].map(|it| format!("{bin}/{it}.rs"));
        let answers = taken(&[&pipes, &more, "x/labs/13-shell/src/bin/other/main.rs"]);
        let names: Vec<&str> = answers.keys().map(String::as_str).collect();
        // The other exercises of the program were not handed in.
        assert_eq!(names, ["shell-pipes"]);
        let texts = texts(&answers, "shell-pipes");
        let own: Vec<_> = texts
            .iter()
            .filter(|(_, text)| text.starts_with("x/"))
            .collect();
        assert_eq!(
            own,
            [
                &("shell/more.rs", more.as_str()),
                &("shell/pipes.rs", pipes.as_str())
            ]
        );
        let others = texts.iter().filter(|(_, text)| !text.starts_with("x/"));
        let others: Vec<&str> = others.map(|(path, _)| *path).collect();
        assert_eq!(
            others,
            ["shell/jobs.rs", "shell/main.rs", "shell/signals.rs"]
        );
    }

    #[test]
    fn a_file_of_a_program_is_known_by_its_folder_or_by_its_exercise() {
        let answers = taken(&[
            "shell/jobs.rs",
            "shell-pipes.rs",
            "main.rs",
            "hello-pipe.rs",
        ]);
        let names: Vec<&str> = answers.keys().map(String::as_str).collect();
        assert_eq!(names, ["hello-pipe", "shell-jobs", "shell-pipes"]);
        let texts = texts(&answers, "shell-jobs");
        assert!(
            texts.contains(&("shell/pipes.rs", "shell-pipes.rs")),
            "{texts:?}"
        );
        assert!(!texts.contains(&("shell/main.rs", "main.rs")), "{texts:?}");
    }

    #[test]
    fn a_file_of_a_program_that_cannot_be_taken_costs_the_exercises_of_that_program_only() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("shell")).unwrap();
        fs::write(folder.path().join("shell/jobs.rs"), "x").unwrap();
        fs::write(folder.path().join("shell/pipes.rs"), b"\xff").unwrap();
        fs::write(folder.path().join("hello-pipe.rs"), "x").unwrap();
        let answers = take(&course(), &[folder.path().to_path_buf()])
            .unwrap()
            .answers;
        let is_refused = |name: &str| matches!(answers[name], Answer::Refused { .. });
        assert!(is_refused("shell-jobs") && is_refused("shell-pipes"));
        assert!(!is_refused("hello-pipe"));
    }
}
