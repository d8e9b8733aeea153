//! What is to be written, and writing it: all of it or nothing, and nothing over what is there.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{Begun, SkeletonError};

/// Files in the order in which their author will want to see them.
#[derive(Debug, Default)]
pub(super) struct Plan {
    files: Vec<Planned>,
}

#[derive(Debug)]
struct Planned {
    path: PathBuf,
    text: String,
    purpose: &'static str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The file must not be there.
    New,
    /// The file is there and gets an addition.
    Changed,
}

/// What has been done, so that it can be undone.
#[derive(Debug)]
enum Done {
    Folder(PathBuf),
    File(PathBuf),
    Changed(PathBuf, String),
}

impl Plan {
    /// A file that is not there yet.
    pub(super) fn add(&mut self, path: PathBuf, text: String, purpose: &'static str) {
        self.files.push(Planned {
            path,
            text,
            purpose,
            kind: Kind::New,
        });
    }

    /// Another text for a file: for one of this plan, or for one that is there.
    pub(super) fn change(&mut self, path: &Path, text: String, purpose: &'static str) {
        if let Some(planned) = self.files.iter_mut().find(|it| it.path == path) {
            planned.text = text;
            return;
        }
        self.files.push(Planned {
            path: path.to_path_buf(),
            text,
            purpose,
            kind: Kind::Changed,
        });
    }

    /// The text that a file of this plan is to have.
    pub(super) fn text_of(&self, path: &Path) -> Option<&str> {
        let planned = self.files.iter().find(|it| it.path == path);
        planned.map(|it| it.text.as_str())
    }

    /// Writes everything below `root`; if that cannot be done, everything is as before.
    pub(super) fn carry_out(self, root: &Path) -> Result<Vec<Begun>, SkeletonError> {
        let is_new = |it: &&Planned| it.kind == Kind::New;
        for planned in self.files.iter().filter(is_new) {
            if fs::symlink_metadata(root.join(&planned.path)).is_ok() {
                let path = planned.path.clone();
                return Err(SkeletonError::Taken { path });
            }
        }
        let mut done = Vec::new();
        for planned in &self.files {
            if let Err(source) = write(root, planned, &mut done) {
                undo(done);
                let path = planned.path.clone();
                return Err(SkeletonError::Write { path, source });
            }
        }
        let begun = self.files.into_iter().map(|it| Begun {
            path: it.path,
            purpose: it.purpose,
        });
        Ok(begun.collect())
    }
}

fn write(root: &Path, planned: &Planned, done: &mut Vec<Done>) -> io::Result<()> {
    let path = root.join(&planned.path);
    match planned.kind {
        Kind::New => {
            let folders = path.ancestors().skip(1);
            let missing: Vec<&Path> = folders.take_while(|it| !it.exists()).collect();
            for folder in missing.into_iter().rev() {
                fs::create_dir(folder)?;
                done.push(Done::Folder(folder.to_path_buf()));
            }
            let mut file = File::create_new(&path)?;
            done.push(Done::File(path));
            file.write_all(planned.text.as_bytes())
        }
        Kind::Changed => {
            let before = fs::read_to_string(&path)?;
            done.push(Done::Changed(path.clone(), before));
            fs::write(&path, &planned.text)
        }
    }
}

/// Takes back what was done, the last first. What cannot be taken back stays: there is nobody better to ask.
fn undo(done: Vec<Done>) {
    for done in done.into_iter().rev() {
        let _ = match done {
            Done::Folder(path) => fs::remove_dir(path),
            Done::File(path) => fs::remove_file(path),
            Done::Changed(path, text) => fs::write(path, text),
        };
    }
}
