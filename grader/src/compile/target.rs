//! The folder in which cargo builds: who owns it, and that no program stays in it.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, lchown};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::CompileError;
use crate::course::Course;
use crate::sandbox::builder;

/// Cargo's target folder, in the grader's own.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) folder: PathBuf,
}

impl Target {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.join("build"),
        }
    }

    /// Makes the folder that is built in, and gives it to the user who compiles.
    pub(super) fn prepare(&self) -> Result<(), CompileError> {
        let target = &self.folder;
        let failed = |source| CompileError::Keep {
            path: target.clone(),
            source,
        };
        fs::create_dir_all(target).map_err(failed)?;
        let owner = builder::owner().unwrap_or_else(|| geteuid().as_raw());
        let data = fs::metadata(target).map_err(failed)?;
        if data.uid() != owner {
            give(target, owner).map_err(failed)?;
        }
        Ok(())
    }

    /// Removes what a grader that was killed has left of programs: the next answer's compiler can read what lies there, and this
    /// may be a reference answer.
    pub(super) fn forget_programs(&self, course: &Course) {
        let folder = self.folder.join("debug");
        let exercises = course.exercises();
        let names: Vec<String> = exercises.map(|it| it.program().to_owned()).collect();
        for name in &names {
            let _ = fs::remove_file(folder.join(name));
        }
        // `hello-pipe` is `hello_pipe-` and a hash there, with several endings.
        let crates: Vec<String> = names.iter().map(|it| it.replace('-', "_") + "-").collect();
        let entries = fs::read_dir(folder.join("deps"));
        for entry in entries.into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if crates.iter().any(|it| name.starts_with(it)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Removes all names that a built program has in cargo's folder, but for the one by which it was found.
pub(super) fn forget_other_names(program: &Path) {
    let Ok(data) = fs::metadata(program) else {
        return;
    };
    let names = fs::read_dir(program.with_file_name("deps"));
    for entry in names.into_iter().flatten().flatten() {
        let is_same = |it: fs::Metadata| (it.dev(), it.ino()) == (data.dev(), data.ino());
        if entry.metadata().is_ok_and(is_same) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Gives a folder and all that is in it to a user.
fn give(path: &Path, owner: u32) -> io::Result<()> {
    lchown(path, Some(owner), Some(owner))?;
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), owner)?;
        }
    }
    Ok(())
}
