//! What is taken of a student's entries: the text of each exercise file, and nothing else.
//!
//! A submission laid out like the course is found wherever it lies in a folder or archive; files with the names of exercises that lie
//! about loosely are answers, too. What cannot be decided without guessing is refused, with words for the student.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use grader::course::Course;
use grader::submission::{self, Answer, Text};

use crate::archive::{self, ArchiveError, Content, MOST_MEMBERS, Member, is_archive};
use crate::git::{self, Commit};
use crate::workflow::{self, Workflows};
use slots::{Parts, Slot};

mod slots;

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
    /// The workflows, where the submission is laid out like the course.
    pub(crate) workflows: Option<Workflows>,
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
    if parts.is_empty() {
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
    let layout = layout(course, &found)?;
    let mut parts = Parts::default();
    for (slot, at) in layout.slots {
        parts.put(slot, text_in(folder, &folder.join(&found[at]))?);
    }
    let mut taken = parts.answers(course)?;
    taken.commit = git::commit(folder);
    // Of a repository, only those at its root are ever run.
    let root = layout.root.map(|root| match taken.commit {
        Some(_) => folder.to_path_buf(),
        None => folder.join(root),
    });
    taken.workflows = root.map(|root| workflow::in_folder(&root));
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
    let layout = layout(course, &paths)?;
    let mut parts = Parts::default();
    for (slot, at) in layout.slots {
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
    let mut taken = parts.answers(course)?;
    taken.workflows = layout.root.map(|root| {
        let found = members.into_iter().filter_map(|member| {
            let (own, name) = workflow::split(&member.path)?;
            let bytes = match member.content {
                Content::Bytes(bytes) => bytes,
                Content::TooLarge | Content::Link | Content::Strange(_) => Vec::new(),
            };
            (own == root).then(|| (name.to_owned(), bytes))
        });
        found.collect()
    });
    Ok(taken)
}

/// How a submission is laid out.
struct Layout {
    /// Where the course's layout begins; `None` where files lie about loosely.
    root: Option<String>,
    /// Which of the paths is which file of an answer.
    slots: Vec<(Slot, usize)>,
}

fn layout(course: &Course, paths: &[String]) -> Result<Layout, TakeError> {
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
        let slots = chosen.map(|(_, slot, at)| (slot, at)).collect();
        return Ok(Layout {
            root: Some(root),
            slots,
        });
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
    let slots = chosen.map(|(_, slot, at)| (slot, at)).collect();
    Ok(Layout { root: None, slots })
}

fn depth(path: &str) -> usize {
    path.matches('/').count()
}

fn is_wanted(course: &Course, path: &str) -> bool {
    let is_answer =
        Slot::called(course, path).is_some() && !path.rsplit('/').skip(1).any(is_skipped);
    is_answer || workflow::split(path).is_some()
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
