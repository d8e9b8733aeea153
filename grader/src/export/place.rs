//! Putting files into a copy, and taking them out, without losing what somebody wrote there.

use std::fs::{self, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::ledger::Ledger;
use super::{BACKUPS, Content, ExportError, Exported, Whose, hash, unread, unwritten};

/// Gives a file of the copy its content.
pub(super) fn put(
    dir: &Path,
    path: &Path,
    content: &Content,
    before: &Ledger,
    exported: &mut Exported,
) -> Result<(), ExportError> {
    let target = dir.join(path);
    let present = present(&target)?;
    if present.as_ref() == Some(&content.bytes) {
        return Ok(());
    }
    let is_written_by_hand = |bytes: &Vec<u8>| !before.knows(path, &hash(bytes));
    if present.as_ref().is_some_and(is_written_by_hand) {
        if content.whose == Whose::Students {
            if !before.knows(path, &hash(&content.bytes)) {
                exported.stale_answers.push(path.to_path_buf());
            }
            return Ok(());
        }
        keep(dir, path, exported)?;
    }
    write(&target, &content.bytes, content.executable)?;
    exported.written += 1;
    Ok(())
}

/// Removes a file of the copy that is no part of the course any more.
pub(super) fn remove(
    dir: &Path,
    path: &Path,
    before: &Ledger,
    exported: &mut Exported,
) -> Result<(), ExportError> {
    let target = dir.join(path);
    let Some(bytes) = present(&target)? else {
        return Ok(());
    };
    if before.knows(path, &hash(&bytes)) {
        fs::remove_file(&target).map_err(|source| unwritten(&target, source))?;
    } else {
        keep(dir, path, exported)?;
    }
    exported.removed += 1;
    // Folders that have become empty go as well.
    let folders = path.ancestors().skip(1);
    for folder in folders.take_while(|it| !it.as_os_str().is_empty()) {
        if fs::remove_dir(dir.join(folder)).is_err() {
            break;
        }
    }
    Ok(())
}

/// What a file of the copy holds; `None` where there is none.
fn present(target: &Path) -> Result<Option<Vec<u8>>, ExportError> {
    match fs::read(target) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(source) => Err(unread(target, source)),
    }
}

/// Moves a file into the backups, under the first free name.
fn keep(dir: &Path, path: &Path, exported: &mut Exported) -> Result<(), ExportError> {
    let flat = path.to_string_lossy().replace('/', "-");
    let free = |number: u32| PathBuf::from(BACKUPS).join(format!("{flat}-{number}"));
    let mut number = 1;
    while fs::symlink_metadata(dir.join(free(number))).is_ok() {
        number += 1;
    }
    let backup = free(number);
    let to = dir.join(&backup);
    let moved =
        fs::create_dir_all(dir.join(BACKUPS)).and_then(|()| fs::rename(dir.join(path), &to));
    moved.map_err(|source| unwritten(&to, source))?;
    exported.kept.push((path.to_path_buf(), backup));
    Ok(())
}

/// Writes a file as a whole: on a full disk the old one stays.
pub(super) fn write(path: &Path, bytes: &[u8], executable: bool) -> Result<(), ExportError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mode = if executable { 0o777 } else { 0o666 };
    let written = || -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(".export-")
            .permissions(Permissions::from_mode(mode))
            .tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.persist(path)?;
        Ok(())
    };
    written().map_err(|source| unwritten(path, source))
}
