//! Programs that were built: each is kept under the hash of all that it was made from, for as long as there is room.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::unistd::{getegid, geteuid};

use super::{CompileError, Source, target};
use crate::work::Presence;

/// At most this many built programs are kept; those that were not used for longest go first. A program has some MiB, and each
/// save makes one. What a grader that is at work has used is kept, however many these are.
const MOST_PROGRAMS: usize = 150;

/// The programs that are kept in the grader's folder.
#[derive(Debug)]
pub(super) struct Kept {
    folder: PathBuf,
}

impl Kept {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
        }
    }

    /// The program of this key, if it was built before.
    pub(super) fn get(&self, source: &Source<'_>) -> Option<PathBuf> {
        let path = self.place(source);
        if !path.is_file() {
            return None;
        }
        // It has been used now. Where that cannot be noted, it is forgotten earlier.
        if let Some(folder) = path.parent().and_then(|it| fs::File::open(it).ok()) {
            let _ = folder.set_modified(SystemTime::now());
        }
        Some(path)
    }

    fn place(&self, source: &Source<'_>) -> PathBuf {
        // A program can see its own name.
        let mut path = self.folder.join("programs").join(&source.key);
        path.push(source.exercise.program());
        path
    }

    /// Moves a program to its place: in cargo's folder the next answer's compiler could read it, and that answer's program will
    /// have its name. Nobody has it open any more: who compiled it is dead.
    pub(super) fn put(&self, source: &Source<'_>, program: &Path) -> Result<PathBuf, CompileError> {
        let place = self.place(source);
        let put = || {
            if let Some(folder) = place.parent() {
                fs::create_dir_all(folder)?;
            }
            target::forget_other_names(program);
            if take_over(program).is_ok() && fs::rename(program, &place).is_ok() {
                return Ok(());
            }
            // The folder is another user's, and a root without all of its rights cannot take from it.
            let part = place.with_extension("part");
            fs::copy(program, &part)?;
            let _ = fs::remove_file(program);
            fs::rename(&part, &place)
        };
        match put() {
            Ok(()) => Ok(place),
            Err(source) => Err(CompileError::Keep {
                path: place,
                source,
            }),
        }
    }

    /// Removes all but those of these keys. What cannot be removed stays.
    pub(super) fn forget_others(&self, keys: &[String]) {
        let folders = fs::read_dir(self.folder.join("programs"));
        for entry in folders.into_iter().flatten().flatten() {
            let name = entry.file_name();
            if !keys.iter().any(|key| name == key.as_str()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Removes the programs that were not used for longest. What cannot be removed stays.
    pub(super) fn forget_oldest(&self) {
        let folders = fs::read_dir(self.folder.join("programs"))
            .into_iter()
            .flatten()
            .flatten();
        let mut dated: Vec<_> = folders
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        dated.sort();
        let surplus = dated.len().saturating_sub(MOST_PROGRAMS);
        // Somebody may be about to run what was used since.
        let since = Presence::oldest(&self.folder);
        let surplus = dated.into_iter().take(surplus);
        for (_, path) in surplus.take_while(|(used, _)| *used < since) {
            let _ = fs::remove_dir_all(path);
        }
    }
}

/// Makes a program the grader's own. Who has compiled it is somebody else where the grader is root's, and is not to change it later.
fn take_over(program: &Path) -> io::Result<()> {
    let owner = geteuid().as_raw();
    if fs::symlink_metadata(program)?.uid() == owner {
        return Ok(());
    }
    lchown(program, Some(owner), Some(getegid().as_raw()))
}
