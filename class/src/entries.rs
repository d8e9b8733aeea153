//! What lies in the folder of submissions, and whose it is.
//!
//! An entry is a folder, an archive or a loose file. Platforms name entries in ways of their own; each way is tried against what the
//! roster knows, the most exact first, and a name that could be two students' is nobody's.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::archive::is_archive;
use crate::roster::{Field, Roster, Student};

/// One student's part of the class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Who.
    pub(crate) student: Student,
    /// Whether the roster knows this student; true where there is none.
    pub(crate) is_enrolled: bool,
    /// The entries, sorted; none where nothing was handed in.
    pub(crate) paths: Vec<PathBuf>,
}

/// The students of a class with their submissions: those of the roster in its order, then others by name.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn places(folder: &Path, roster: Option<&Roster>) -> io::Result<Vec<Place>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // A link is followed by nobody: it could lead to another student's work.
        let kind = entry.file_type()?;
        let is_file = kind.is_file() && (is_archive(&name) || name.ends_with(".rs"));
        if !name.starts_with('.') && (kind.is_dir() || is_file) {
            names.push((name, entry.path()));
        }
    }
    names.sort();
    let handles = roster.map(Handles::of);
    let mut known: Vec<Place> = roster
        .iter()
        .flat_map(|it| &it.students)
        .map(|student| Place {
            student: student.clone(),
            is_enrolled: true,
            paths: Vec::new(),
        })
        .collect();
    let mut others: BTreeMap<String, Place> = BTreeMap::new();
    for (name, path) in names {
        let named = Named::of(&name);
        match handles.as_ref().and_then(|it| it.find(&named)) {
            Some(at) => known[at].paths.push(path),
            None => {
                let place = others
                    .entry(named.id.to_lowercase())
                    .or_insert_with(|| Place {
                        student: named.student(),
                        is_enrolled: roster.is_none(),
                        paths: Vec::new(),
                    });
                place.paths.push(path);
            }
        }
    }
    known.extend(others.into_values());
    Ok(known)
}

/// What an entry's name says of its student.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    /// The key where there is no roster.
    id: String,
    /// The name, where the platform writes it there.
    name: Option<String>,
    /// What may be a student's handle, the most exact first.
    handles: Vec<String>,
    /// The whole name: its end may be a handle.
    stem: String,
}

impl Named {
    fn of(entry: &str) -> Self {
        let stem = stem(entry);
        let parts: Vec<&str> = stem.split('_').collect();
        // Moodle: `Ada Lovelace_12_assignsubmission_file`.
        if let Some(at) = parts.iter().position(|part| *part == "assignsubmission")
            && at >= 2
            && is_number(parts[at - 1])
        {
            let name = parts[..at - 1].join(" ");
            return Self {
                id: format!("participant-{}", parts[at - 1]),
                handles: vec![format!("participant {}", parts[at - 1]), name.clone()],
                name: Some(name),
                stem: stem.to_owned(),
            };
        }
        // Canvas: `lovelaceada_LATE_101_9001_labs.zip`: the student's number, then the file's.
        let is_late = parts.get(1) == Some(&"LATE");
        let numbers = parts.get(1 + usize::from(is_late)..).unwrap_or_default();
        if let [student, file, _, ..] = numbers
            && is_number(student)
            && is_number(file)
        {
            return Self {
                id: format!("{}-{student}", parts[0]),
                handles: vec![(*student).to_owned()],
                name: None,
                stem: parts[0].to_owned(),
            };
        }
        Self {
            id: stem.to_owned(),
            name: None,
            handles: vec![stem.to_owned()],
            stem: stem.to_owned(),
        }
    }

    fn student(&self) -> Student {
        let name = self.name.iter().map(|name| (Field::Name, name.clone()));
        Student {
            id: self.id.clone(),
            fields: name.collect(),
        }
    }
}

/// An entry's name without what tells its form.
fn stem(entry: &str) -> &str {
    let lower = entry.to_ascii_lowercase();
    let ends = [
        ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".tgz", ".tar", ".zip", ".7z", ".rar", ".rs",
        ".git",
    ];
    let end = ends.iter().find(|end| lower.ends_with(**end));
    &entry[..entry.len() - end.map_or(0, |end| end.len())]
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Everything by which the roster's students are called, folded; one that two share is left out.
#[derive(Debug)]
struct Handles(BTreeMap<String, Option<usize>>);

impl Handles {
    fn of(roster: &Roster) -> Self {
        let mut handles: BTreeMap<String, Option<usize>> = BTreeMap::new();
        for (at, student) in roster.students.iter().enumerate() {
            let mut own: Vec<String> = student
                .fields
                .iter()
                .filter(|(field, _)| {
                    !matches!(field, Field::Section | Field::FirstName | Field::LastName)
                })
                .map(|(_, value)| folded(value))
                .collect();
            if let Some((local, _)) = student.get(Field::Email).split_once('@') {
                own.push(folded(local));
            }
            if let Some((last, first)) = student.get(Field::Name).split_once(',') {
                own.push(folded(&format!("{first} {last}")));
            }
            own.sort();
            own.dedup();
            for handle in own.into_iter().filter(|it| !it.is_empty()) {
                let entry = handles.entry(handle).or_insert(Some(at));
                if *entry != Some(at) {
                    *entry = None;
                }
            }
        }
        Self(handles)
    }

    fn find(&self, named: &Named) -> Option<usize> {
        for handle in &named.handles {
            if let Some(at) = self.0.get(&folded(handle)) {
                return *at;
            }
        }
        // GitHub Classroom: `assignment-login`; the longest login that fits.
        let stem = folded(&named.stem);
        let ends = stem.match_indices('-').map(|(at, _)| &stem[at + 1..]);
        ends.filter_map(|end| self.0.get(end)).next().copied()?
    }
}

/// A handle as it is compared: small letters, one space between words.
fn folded(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster;

    const ROSTER: &str = "name,email,github_username,Canvas ID,Identifier,id\n\
        \"Lovelace, Ada\",ada@x.org,ada-l,101,Participant 12,s1\n\
        Alan Turing,alan.t@x.org,at,102,Participant 13,s2\n\
        Kurt Same,k1@x.org,,,,s3\n\
        Kurt Same,k2@x.org,,,,s4\n";

    #[track_caller]
    fn check(entry: &str, expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(entry);
        if entry.contains(".zip") || entry.contains(".tar") || entry.ends_with(".rs") {
            fs::write(path, "").unwrap();
        } else {
            fs::create_dir(path).unwrap();
        }
        let roster = roster::read(ROSTER.as_bytes()).unwrap();
        let places = places(folder.path(), Some(&roster)).unwrap();
        let found: Vec<&str> = places
            .iter()
            .filter(|it| !it.paths.is_empty())
            .map(|it| it.student.id.as_str())
            .collect();
        assert_eq!(found, [expected], "{entry}");
    }

    #[test]
    fn entries_of_every_platform_find_their_student() {
        check("s1", "s1");
        check("S1.zip", "s1");
        check("ada@x.org.tar.gz", "s1");
        check("alan.t", "s2");
        check("ada lovelace", "s1");
        check("Ada Lovelace_12_assignsubmission_file", "s1");
        check("lovelaceada_LATE_101_9001_labs.zip", "s1");
        check("turingalan_102_9002_hello-pipe.rs", "s2");
        check("pipes-ada-l", "s1");
        check("pipes-at.git", "s2");
    }

    #[test]
    fn a_name_that_fits_nobody_or_two_is_its_own() {
        check("kurt same", "kurt same");
        check("stranger.zip", "stranger");
        check("chat", "chat");
        check("x_12_assignsubmission_y", "s1");
        check("Zoe_99_assignsubmission_file", "participant-99");
        check("doe_555_1_a.zip", "doe-555");
    }

    #[test]
    fn links_hidden_entries_and_other_files_are_no_submissions() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        fs::write(folder.path().join("grades.csv"), "").unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("eve")).unwrap();
        fs::create_dir(folder.path().join("ada")).unwrap();
        let places = places(folder.path(), None).unwrap();
        assert_eq!(places.len(), 1);
        assert!(places[0].is_enrolled);
    }
}
