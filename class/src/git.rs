//! Git repositories of students: which commit, and of a bare one the files of its last commit.
//!
//! A repository is a stranger's, with its configuration. Only commands are used that run no program and no filter that it could name, and
//! none that would fetch anything.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use grader::submission::LARGEST_SOURCE;
use serde::{Deserialize, Serialize};

use crate::archive::{Content, MOST_KEPT, MOST_MEMBERS, Member};
use crate::taken::{TakeError, machine};

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Commit {
    /// Its name.
    pub(crate) id: String,
    /// When it was made, in seconds since 1970, as its author's machine says.
    pub(crate) time: i64,
}

/// Whether a folder is a repository without a working tree.
pub(crate) fn is_bare(folder: &Path) -> bool {
    folder.join("HEAD").is_file() && folder.join("objects").is_dir()
}

/// The last commit of a clone; `None` where it is none, or git does not know.
pub(crate) fn commit(folder: &Path) -> Option<Commit> {
    let repository = folder.join(".git");
    // A file there could lead to another repository.
    if repository.symlink_metadata().ok()?.is_dir() {
        last_commit(&repository)
    } else {
        None
    }
}

fn last_commit(repository: &Path) -> Option<Commit> {
    last_commit_of(repository, None)
}

/// When the files below a path were last changed by a commit.
pub(crate) fn last_change(folder: &Path, path: &str) -> Option<i64> {
    let clone = folder.join(".git");
    let repository = if is_bare(folder) { folder } else { &clone };
    if !repository.symlink_metadata().ok()?.is_dir() {
        return None;
    }
    last_commit_of(repository, Some(path)).map(|commit| commit.time)
}

fn last_commit_of(repository: &Path, path: Option<&str>) -> Option<Commit> {
    let mut git = git(repository);
    git.args(["rev-list", "--max-count=1", "--timestamp", "HEAD"]);
    if let Some(path) = path {
        git.arg("--").arg(path);
    }
    let output = git.output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    let (time, id) = said.trim().split_once(' ')?;
    Some(Commit {
        id: id.to_owned(),
        time: time.parse().ok()?,
    })
}

/// The wanted files of a bare repository's last commit.
///
/// # Errors
/// When there is no commit, or it has too many files.
pub(crate) fn read(
    repository: &Path,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<(Vec<Member>, Commit), TakeError> {
    let commit = last_commit(repository)
        .ok_or_else(|| TakeError::Refused("the repository has no commit".to_owned()))?;
    let mut list = git(repository)
        .args(["ls-tree", "-r", "-z", "--long", &commit.id])
        .spawn()
        .map_err(|source| machine(repository, source))?;
    let found = wanted_of(&mut list, wanted);
    // It may be in the middle of a list without end.
    let _ = list.kill();
    let _ = list.wait();
    let mut members = Vec::new();
    for blob in found? {
        let content = match blob.mode.as_str() {
            "120000" => Content::Link,
            _ if blob.size > LARGEST_SOURCE => Content::TooLarge,
            _ => {
                let output = git(repository)
                    .args(["cat-file", "blob", &blob.id])
                    .output();
                let output = output.map_err(|source| machine(repository, source))?;
                Content::Bytes(output.stdout)
            }
        };
        members.push(Member {
            path: blob.path,
            content,
        });
    }
    Ok((members, commit))
}

/// A file of a commit.
struct Blob {
    mode: String,
    id: String,
    size: u64,
    path: String,
}

fn wanted_of(list: &mut Child, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<Blob>, TakeError> {
    let mut found = Vec::new();
    let mut bytes = 0;
    let Some(stdout) = list.stdout.take() else {
        return Ok(found);
    };
    let mut lines = BufReader::new(stdout);
    for count in 0.. {
        let mut line = Vec::new();
        let mut bounded = lines.by_ref().take(64 * 1024);
        let read = bounded.read_until(0, &mut line);
        if read.map_err(|source| machine(Path::new("git"), source))? == 0 {
            break;
        }
        if count >= MOST_MEMBERS {
            return Err(TakeError::Refused(format!(
                "the repository has more than {MOST_MEMBERS} files"
            )));
        }
        let line = String::from_utf8_lossy(&line);
        let Some((data, path)) = line.trim_end_matches('\0').split_once('\t') else {
            continue;
        };
        let data: Vec<&str> = data.split_whitespace().collect();
        if let [mode, "blob", id, size] = data.as_slice()
            && wanted(path)
        {
            let size = size.parse().unwrap_or(u64::MAX);
            bytes += size.min(LARGEST_SOURCE);
            if bytes > MOST_KEPT {
                return Err(TakeError::Refused(
                    "the repository has too many files with the names of exercises".to_owned(),
                ));
            }
            found.push(Blob {
                mode: (*mode).to_owned(),
                id: (*id).to_owned(),
                size,
                path: path.to_owned(),
            });
        }
    }
    Ok(found)
}

fn git(repository: &Path) -> Command {
    let mut command = Command::new("git");
    command
        // The folder may belong to another user than the one who grades.
        .args(["-c", "safe.directory=*"])
        .arg("--git-dir")
        .arg(repository)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}
