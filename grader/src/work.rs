//! The grader's own folder: where it is, that only one grader at a time builds in it, and who is at work there.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::course::Course;
use crate::progress::{Progress, Stage};
use crate::sandbox::interrupt;

/// How often a waiting grader tries again.
const RETRY: Duration = Duration::from_millis(20);

/// Where graders that are at work announce themselves.
const GRADERS: &str = "graders";

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

/// That a grader is at work, for as long as this lives: what it has used since then is not taken away by another one.
#[derive(Debug)]
pub struct Presence {
    path: PathBuf,
    /// Locked. The kernel lets go of the lock when the process ends, however it ends.
    _file: File,
}

impl Presence {
    /// Announces a grader that begins to work in the folder.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn announce(folder: &Path) -> Result<Self, WorkError> {
        let graders = folder.join(GRADERS);
        let announced = || -> io::Result<Self> {
            fs::create_dir_all(&graders)?;
            // It gets the name under which others look for it when it is locked: a file that nobody has locked is a dead one's.
            let file = tempfile::Builder::new().prefix(".").tempfile_in(&graders)?;
            file.as_file().lock()?;
            let name = file.path().file_name().unwrap_or_default();
            let path = graders.join(name.to_string_lossy().trim_start_matches('.'));
            let file = file.persist(&path)?;
            Ok(Self { path, _file: file })
        };
        announced().map_err(|source| unusable(&graders, source))
    }

    /// Since when the one that has been at work for longest is; now, where nobody is.
    #[must_use]
    pub fn oldest(folder: &Path) -> SystemTime {
        let files = fs::read_dir(folder.join(GRADERS));
        let mut oldest = SystemTime::now();
        for entry in files.into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let Ok(file) = File::open(&path) else {
                continue;
            };
            if file.try_lock().is_ok() {
                // Its grader was killed. Where this cannot be removed, the next one tries.
                let _ = fs::remove_file(&path);
            } else if let Ok(since) = file.metadata().and_then(|it| it.modified()) {
                oldest = oldest.min(since);
            }
        }
        oldest
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // Where it stays, it is seen that nobody has locked it.
        let _ = fs::remove_file(&self.path);
    }
}

fn unusable(path: &Path, source: io::Error) -> WorkError {
    WorkError::Unusable {
        path: path.to_path_buf(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_at_work_is_known_and_who_was_killed_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(1000);
        let count = || fs::read_dir(folder.path().join(GRADERS)).unwrap().count();
        let presence = Presence::announce(folder.path()).unwrap();
        presence._file.set_modified(long_ago).unwrap();
        let other = Presence::announce(folder.path()).unwrap();
        assert_eq!(Presence::oldest(folder.path()), long_ago);
        drop(presence);
        assert!(Presence::oldest(folder.path()) > long_ago);
        assert_eq!(count(), 1);
        drop(other);

        let dead = folder.path().join(GRADERS).join("dead");
        File::create(&dead).unwrap().set_modified(long_ago).unwrap();
        assert!(Presence::oldest(folder.path()) > long_ago);
        assert_eq!(count(), 0);
    }
}
