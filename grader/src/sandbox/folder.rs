//! The folder of a run: made before the run begins, and removed when its last process is dead.
//!
//! The runner makes it, not the grader: a grader can be killed at any moment, and then nobody would remove it.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt as _, lchown};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

/// A run's folder.
#[derive(Debug)]
pub(super) struct RunFolder {
    folder: PathBuf,
    /// The process that made it, and removes it. Others have copies of this.
    maker: u32,
}

impl RunFolder {
    /// Makes a folder within another one.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn make_within(folder: &Path) -> io::Result<Self> {
        let made = tempfile::Builder::new()
            .prefix("run-")
            // Runs that go on at once are nothing to each other.
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(folder);
        let made = made.map_err(|error| {
            let folder = folder.display();
            let text = format!("make a folder in {folder} (is the disk full?): {error}");
            io::Error::new(error.kind(), text)
        })?;
        Ok(Self {
            folder: made.keep(),
            maker: std::process::id(),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.folder
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if std::process::id() == self.maker {
            make_removable(&self.folder);
            // What still cannot be removed stays in the temporary folder, which the system empties.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// Gives the owner every right to a run's folders, so that they can be removed.
fn make_removable(folder: &Path) {
    let Ok(data) = fs::symlink_metadata(folder) else {
        return;
    };
    if !data.is_dir() {
        return;
    }
    if geteuid().is_root() {
        // It may be another user's, and root need not have the right to pass over permissions.
        let _ = lchown(folder, Some(0), Some(0));
    }
    let _ = fs::set_permissions(folder, Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        make_removable(&entry.path());
    }
}
