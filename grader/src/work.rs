//! The grader's own folder: where it is, and that only one grader at a time builds in it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::course::Course;
use crate::progress::{Progress, Stage};
use crate::sandbox::interrupt;

/// How often a waiting grader tries again.
const RETRY: Duration = Duration::from_millis(20);

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// It cannot be written to.
    #[error(
        "use {path} (is the disk full, or the folder read-only? CARGO_TARGET_DIR chooses another one)"
    )]
    Unusable {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Somebody asked the grader to end while it waited.
    #[error("finish: interrupted")]
    Interrupted,
}

/// The grader's folder, in cargo's target folder; made when it is not there.
///
/// # Errors
/// When it cannot be made.
pub fn folder(course: &Course) -> Result<PathBuf, WorkError> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let path = target
        .unwrap_or_else(|| course.root.join("target"))
        .join("forklings");
    // The runner works in another folder: a relative path would lead elsewhere from there.
    let path = std::path::absolute(&path).map_err(|source| unusable(&path, source))?;
    fs::create_dir_all(&path).map_err(|source| unusable(&path, source))?;
    Ok(path)
}

/// Waits until no other grader builds in the folder. The lock is held for as long as the file lives; the kernel
/// releases it when the process ends, however it ends.
///
/// # Errors
/// When the lock file cannot be used, or the grader is asked to end.
pub fn lock(folder: &Path, progress: &dyn Progress) -> Result<File, WorkError> {
    let path = folder.join("lock");
    let mut options = File::options();
    let file = options.create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(|source| unusable(&path, source))?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(source)) => return Err(unusable(&path, source)),
        }
        if !told {
            progress.begin(Stage::Waiting, 0);
            told = true;
        }
        if interrupt::is_requested() {
            return Err(WorkError::Interrupted);
        }
        std::thread::sleep(RETRY);
    }
    if told {
        progress.end();
    }
    Ok(file)
}

fn unusable(path: &Path, source: io::Error) -> WorkError {
    WorkError::Unusable {
        path: path.to_path_buf(),
        source,
    }
}
