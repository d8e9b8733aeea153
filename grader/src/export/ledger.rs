//! What an export put into a copy: for each file the hashes that it had when it came from the course.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{ExportError, place, unread};

/// The ledger's file in a copy.
const FILE: &str = ".forklings-export";

/// The ledger's first line.
const HEAD: &str =
    "# Written by `cargo grade export`, to tell what you wrote from what came with the course.";

/// Files of the copy, relative to it, and the hashes under which the course has known them. While an export is under way
/// a file has two: the old one and the new one.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Ledger(BTreeMap<PathBuf, BTreeSet<String>>);

impl Ledger {
    /// The ledger of the copy in `dir`; `None` where there is none. Lines that make no sense are left out: their files count
    /// as written by the student, and nothing of theirs is lost.
    pub(super) fn read(dir: &Path) -> Result<Option<Self>, ExportError> {
        let path = dir.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(unread(&path, source)),
        };
        let mut ledger = Self::default();
        for line in text.lines() {
            if let Some((hash, path)) = line.split_once("  ")
                && is_inside(Path::new(path))
            {
                ledger.add(Path::new(path), hash.to_owned());
            }
        }
        Ok(Some(ledger))
    }

    pub(super) fn write(&self, dir: &Path) -> Result<(), ExportError> {
        let mut text = format!("{HEAD}\n");
        for (path, hashes) in &self.0 {
            for hash in hashes {
                text.push_str(&format!("{hash}  {}\n", path.display()));
            }
        }
        place::write(&dir.join(FILE), text.as_bytes(), false)
    }

    pub(super) fn add(&mut self, path: &Path, hash: String) {
        self.0.entry(path.to_path_buf()).or_default().insert(hash);
    }

    /// Whether the course has put these bytes there.
    pub(super) fn knows(&self, path: &Path, hash: &str) -> bool {
        self.0.get(path).is_some_and(|known| known.contains(hash))
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.0.keys()
    }

    /// What either of them knows.
    pub(super) fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for (path, hashes) in &other.0 {
            let known = both.0.entry(path.clone()).or_default();
            known.extend(hashes.iter().cloned());
        }
        both
    }
}

/// Whether a path stays in the copy: the ledger is a file that anybody can edit.
fn is_inside(path: &Path) -> bool {
    let mut parts = path.components();
    path.is_relative() && parts.all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Ledger::read(dir.path()).unwrap(), None);
        let mut ledger = Ledger::default();
        ledger.add(Path::new("a b/ä.rs"), "1f".to_owned());
        ledger.add(Path::new("a b/ä.rs"), "2e".to_owned());
        ledger.write(dir.path()).unwrap();
        assert_eq!(Ledger::read(dir.path()).unwrap(), Some(ledger));
    }

    #[test]
    fn a_path_that_leads_out_of_the_copy_is_ignored() {
        let dir = tempfile::tempdir().unwrap();
        let text = "1f  ../secret\n1f  /etc/passwd\nnonsense\n1f  labs/x\n";
        fs::write(dir.path().join(FILE), text).unwrap();
        let ledger = Ledger::read(dir.path()).unwrap().unwrap();
        assert_eq!(ledger.paths().collect::<Vec<_>>(), [Path::new("labs/x")]);
    }
}
