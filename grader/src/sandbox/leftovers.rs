//! Objects that outlive a run: FIFOs and sockets in its folder, shared memory objects, message queues and System V objects.
//!
//! Those of the host are told apart by comparing what is there before and after the run: they count when they are
//! new, belong to this user, no live process has them open or mapped, and a process of the run had them open, as far as
//! that was seen. Those found are removed.

use std::collections::{BTreeSet, HashSet};
use std::ffi::{CString, OsStr};
use std::fs::{self, Permissions, ReadDir};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::libc;
use nix::unistd::geteuid;

use crate::record::{Leftover, ObjectKind, Unobserved};
use crate::trace::recorder::Made;
use crate::trace::system_v::{self, SystemV};

/// Where POSIX objects are visible: the folder, their kind, and what it is called where it is missing.
const PLACES: [(&str, ObjectKind, &str); 2] = [
    (
        "/dev/shm",
        ObjectKind::SharedMemory,
        "shared memory objects",
    ),
    ("/dev/mqueue", ObjectKind::MessageQueue, "message queues"),
];

/// At most this many files of a run's folder are looked at.
const MOST_FILES: usize = 10_000;

/// What the host holds before a run.
#[derive(Debug)]
pub struct Before {
    objects: BTreeSet<PathBuf>,
    system_v: BTreeSet<SystemV>,
}

impl Before {
    /// Lists the host's objects.
    #[must_use]
    pub fn look() -> Self {
        Self {
            objects: host_objects().map(|(_, path)| path).collect(),
            system_v: system_v::all(),
        }
    }

    /// Lists what the run left, in its folder and on the host, and removes the latter.
    #[must_use]
    pub fn collect(&self, folder: &Path, suspects: &Suspects) -> Vec<Leftover> {
        let mut left = in_folder(folder);
        let new = host_objects().filter(|(_, path)| !self.objects.contains(path));
        for (kind, path) in new.collect::<Vec<_>>() {
            if suspects.include(&path) && !is_in_use(&path) && fs::remove_file(&path).is_ok() {
                let name = path.file_name().unwrap_or_default();
                let name = format!("/{}", visible(name));
                left.push(Leftover { kind, name });
            }
        }
        for object in system_v::all().difference(&self.system_v) {
            if suspects.made(object) && object.remove() {
                left.push(object.leftover());
            }
        }
        let (Suspects::Opened(_, made) | Suspects::AllNew(made)) = suspects;
        left.extend(made.queues.iter().filter_map(|name| remove_queue(name)));
        left.sort();
        left
    }
}

/// Removes a message queue that the run made and did not remove. Where `/dev/mqueue` is not mounted nobody sees it, but its name is
/// in the record; elsewhere it has been removed by now.
fn remove_queue(name: &str) -> Option<Leftover> {
    let text = CString::new(name).ok()?;
    // SAFETY: the name ends with NUL, for the duration of the call.
    let removed = unsafe { libc::syscall(libc::SYS_mq_unlink, text.as_ptr()) };
    (removed == 0).then(|| Leftover {
        kind: ObjectKind::MessageQueue,
        name: format!("/{}", visible(OsStr::new(name))),
    })
}

/// Which objects of the host a run can have left.
#[derive(Debug)]
pub enum Suspects {
    /// Those that its processes had open, by device and inode, or made.
    Opened(HashSet<(u64, u64)>, Made),
    /// Nobody else could have made them, or nobody has seen what they had open: all that are new and of this user. These it made for
    /// certain.
    AllNew(Made),
}

impl Suspects {
    fn include(&self, path: &Path) -> bool {
        let Ok(data) = fs::symlink_metadata(path) else {
            return false;
        };
        let opened = match self {
            Self::Opened(objects, _) => objects.contains(&(data.dev(), data.ino())),
            Self::AllNew(_) => true,
        };
        opened && data.uid() == geteuid().as_raw() && !data.is_dir()
    }

    fn made(&self, object: &SystemV) -> bool {
        let by_the_run = match self {
            Self::Opened(_, made) => made.system_v.contains(&(object.kind, object.id)),
            Self::AllNew(_) => true,
        };
        by_the_run && object.owner == geteuid().as_raw()
    }
}

/// Kinds of objects that this host does not show. Of message queues the trace knows.
#[must_use]
pub fn unobserved(is_traced: bool) -> Vec<Unobserved> {
    let hidden = PLACES.iter().filter(|(folder, kind, _)| {
        let is_known = is_traced && *kind == ObjectKind::MessageQueue;
        !is_known && !Path::new(folder).is_dir()
    });
    hidden
        .map(|(folder, _, what)| Unobserved {
            what: (*what).to_owned(),
            why: format!("{folder} is not there"),
        })
        .collect()
}

fn host_objects() -> impl Iterator<Item = (ObjectKind, PathBuf)> {
    PLACES.iter().flat_map(|(folder, kind, _)| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| (*kind, entry.path()))
    })
}

/// Whether a live process has the file open or mapped.
fn is_in_use(path: &Path) -> bool {
    let name = path.as_os_str().as_bytes();
    let Ok(processes) = fs::read_dir("/proc") else {
        return true;
    };
    processes.flatten().any(|process| {
        let folder = process.path();
        let mapped = fs::read(folder.join("maps")).is_ok_and(|maps| {
            maps.split(|it| *it == b'\n')
                .any(|line| line.ends_with(name))
        });
        let descriptors = fs::read_dir(folder.join("fd"))
            .into_iter()
            .flatten()
            .flatten();
        mapped
            || descriptors
                .flat_map(|fd| fs::read_link(fd.path()))
                .any(|target| target == path)
    })
}

/// FIFOs and sockets below a folder, by path relative to it. Links are not followed.
fn in_folder(folder: &Path) -> Vec<Leftover> {
    let mut found = Vec::new();
    let mut queue = vec![folder.to_path_buf()];
    let mut seen = 0;
    while let Some(next) = queue.pop() {
        for entry in entries(&next).into_iter().flatten().flatten() {
            seen += 1;
            if seen > MOST_FILES {
                return found;
            }
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let path = entry.path();
            let kind = if kind.is_dir() {
                queue.push(path);
                continue;
            } else if kind.is_fifo() {
                ObjectKind::Fifo
            } else if kind.is_socket() {
                ObjectKind::Socket
            } else {
                continue;
            };
            let name = path.strip_prefix(folder).unwrap_or(&path);
            let name = name.strip_prefix("work").unwrap_or(name);
            found.push(Leftover {
                kind,
                name: visible(name.as_os_str()),
            });
        }
    }
    found
}

/// A name as people may see it. The program chose it: what a terminal, or whoever reads a report line by line, would obey is
/// escaped.
fn visible(name: &OsStr) -> String {
    let mut shown = String::new();
    for letter in name.to_string_lossy().chars() {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// The entries of a folder of the run. One that the program has shut to everybody is opened: nobody is left who could
/// mind, and root would see into it anyway.
fn entries(folder: &Path) -> io::Result<ReadDir> {
    fs::read_dir(folder).or_else(|error| {
        if error.kind() != io::ErrorKind::PermissionDenied {
            return Err(error);
        }
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        fs::read_dir(folder)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifos_and_sockets_are_found_and_files_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work/deep");
        fs::create_dir_all(&work).unwrap();
        fs::write(work.join("file"), "x").unwrap();
        nix::unistd::mkfifo(&work.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("work/s")).unwrap();
        let found = in_folder(folder.path());
        let names: BTreeSet<(&str, &str)> = found
            .iter()
            .map(|it| (it.kind.term(), it.name.as_str()))
            .collect();
        assert_eq!(
            names,
            BTreeSet::from([("FIFO", "deep/pipe"), ("socket", "s")])
        );
    }
}
