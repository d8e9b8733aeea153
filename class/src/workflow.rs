//! The workflow of a student's repository, beside the course's own.
//!
//! What runs on a push is the student's to edit, so a result that it reports is feedback and no grade. Grades come from here, and a
//! changed workflow is something that a person may want to look at: it is reported, and costs nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use grader::course::Course;

/// Where a repository has its workflows.
pub(crate) const FOLDER: &str = ".github/workflows/";

/// Workflows by the names of their files.
pub(crate) type Workflows = BTreeMap<String, Vec<u8>>;

/// Whether a submission is a whole repository, or what somebody packed of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    /// It is: what is not there was removed.
    Repository,
    /// It may be a part.
    Part,
}

/// The file of a workflow that a path means, by the part before it and the name; `None` where it means another file.
pub(crate) fn split(path: &str) -> Option<(&str, &str)> {
    let (root, name) = path.rsplit_once(FOLDER)?;
    let is_there = root.is_empty() || root.ends_with('/');
    let is_read = name.ends_with(".yml") || name.ends_with(".yaml");
    (is_there && is_read && !name.contains('/')).then_some((root, name))
}

/// The workflows that a student's copy of the course begins with.
pub(crate) fn of_course(course: &Course) -> Workflows {
    in_folder(&course.root.join("docs/student"))
}

/// The workflows in a folder. What cannot be read is as if it were empty, and so is a link: it differs from every workflow.
pub(crate) fn in_folder(folder: &Path) -> Workflows {
    let entries = fs::read_dir(folder.join(FOLDER));
    let mut found = Workflows::new();
    for entry in entries.into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_file = entry
            .metadata()
            .is_ok_and(|it| it.is_file() && it.len() <= LARGEST);
        if split(&format!("{FOLDER}{name}")).is_some() {
            let bytes = if is_file {
                fs::read(entry.path()).unwrap_or_default()
            } else {
                Vec::new()
            };
            found.insert(name, bytes);
        }
    }
    found
}

/// A longer file is no workflow.
const LARGEST: u64 = 64 * 1024;

/// What is other than in the course, in words.
pub(crate) fn changes(course: &Workflows, own: &Workflows, whole: Whole) -> Vec<String> {
    let mut changes = Vec::new();
    for (name, bytes) in course {
        match own.get(name) {
            Some(found) if lines(found) == lines(bytes) => {}
            Some(_) => changes.push(format!("{FOLDER}{name} differs from the course's")),
            None if whole == Whole::Repository => {
                changes.push(format!("{FOLDER}{name} is not there"))
            }
            None => {}
        }
    }
    for name in own.keys().filter(|name| !course.contains_key(*name)) {
        changes.push(format!("{FOLDER}{name} is not the course's"));
    }
    changes
}

/// The text without the carriage returns that git puts there on Windows.
fn lines(bytes: &[u8]) -> Vec<u8> {
    let kept = bytes.iter().filter(|byte| **byte != b'\r');
    kept.copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workflows(files: &[(&str, &str)]) -> Workflows {
        let files = files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()));
        files.collect()
    }

    #[track_caller]
    fn check(own: &[(&str, &str)], whole: Whole, expected: &[&str]) {
        let course = workflows(&[("autograding.yml", "on: push\njobs: x\n")]);
        assert_eq!(changes(&course, &workflows(own), whole), expected);
    }

    #[test]
    fn what_is_other_than_in_the_course_is_told() {
        let same = ("autograding.yml", "on: push\njobs: x\n");
        check(&[same], Whole::Repository, &[]);
        check(
            &[("autograding.yml", "on: push\r\njobs: x\r\n")],
            Whole::Repository,
            &[],
        );
        check(
            &[("autograding.yml", "on: push\njobs: full-marks\n")],
            Whole::Part,
            &[".github/workflows/autograding.yml differs from the course's"],
        );
        check(
            &[same, ("more.yaml", "")],
            Whole::Repository,
            &[".github/workflows/more.yaml is not the course's"],
        );
        check(&[], Whole::Part, &[]);
        check(
            &[],
            Whole::Repository,
            &[".github/workflows/autograding.yml is not there"],
        );
    }

    #[test]
    fn only_files_that_github_reads_are_workflows() {
        assert_eq!(split(".github/workflows/a.yml"), Some(("", "a.yml")));
        assert_eq!(split("x/.github/workflows/a.yaml"), Some(("x/", "a.yaml")));
        for path in [
            "x.github/workflows/a.yml",
            ".github/workflows/a.txt",
            ".github/workflows/a/b.yml",
            "a.yml",
        ] {
            assert_eq!(split(path), None, "{path}");
        }
    }
}
