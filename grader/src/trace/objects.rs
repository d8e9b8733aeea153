//! What descriptors refer to, and who holds which.
//!
//! A new descriptor is looked up once in `/proc/PID/fd` and `/proc/PID/fdinfo`, while its process stands still; from then on the
//! model follows fork (copies), dup (shares), exec (drops what is close-on-exec) and close.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use nix::libc;

use super::numbered::Numbered;
use crate::record::{Object, ObjectId, ObjectKind};

/// An open descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// What it refers to.
    pub object: ObjectId,
    /// Whether it can read.
    pub reads: bool,
    /// Whether it can write.
    pub writes: bool,
    /// Whether exec closes it.
    pub close_on_exec: bool,
}

/// The open descriptors of one process, as far as they are known.
#[derive(Debug, Clone, Default)]
pub struct Descriptors {
    held: Numbered<Held>,
    /// Open ones of files that are no concern of an exercise, and whether exec closes them.
    foreign: Numbered<bool>,
}

impl Descriptors {
    /// What a descriptor is, where it is known and of an object.
    #[must_use]
    pub fn get(&self, number: i32) -> Option<Held> {
        self.held.get(number).copied()
    }

    /// Whether it is known to be open.
    #[must_use]
    pub fn is_open(&self, number: i32) -> bool {
        self.held.contains(number) || self.foreign.contains(number)
    }

    /// The process has the descriptor now.
    pub fn insert(&mut self, number: i32, held: Held) {
        self.foreign.remove(number);
        self.held.insert(number, held);
    }

    /// The process has this descriptor, of a file that is no concern of an exercise.
    pub fn insert_foreign(&mut self, number: i32, close_on_exec: bool) {
        self.held.remove(number);
        self.foreign.insert(number, close_on_exec);
    }

    /// The process has closed it.
    pub fn remove(&mut self, number: i32) -> Option<Held> {
        self.foreign.remove(number);
        self.held.remove(number)
    }

    /// The process has closed those within the bounds, both included, that are of no object.
    pub fn remove_foreign(&mut self, first: i32, last: i32) {
        self.foreign
            .keep(|number, _| !(first..=last).contains(&number));
    }

    /// The descriptors of objects within the bounds, both included.
    #[must_use]
    pub fn within(&self, first: i32, last: i32) -> Vec<(i32, Held)> {
        let within = self.held.within(first, last);
        within.map(|(number, held)| (number, *held)).collect()
    }

    /// Sets whether exec closes it.
    pub fn set_close_on_exec(&mut self, number: i32, close: bool) {
        if let Some(held) = self.held.get_mut(number) {
            held.close_on_exec = close;
        }
        if let Some(it) = self.foreign.get_mut(number) {
            *it = close;
        }
    }

    /// Exec closes all within the bounds, both included.
    pub fn close_on_exec_within(&mut self, first: i32, last: i32) {
        let held = self.held.within(first, last).map(|(number, _)| number);
        let foreign = self.foreign.within(first, last).map(|(number, _)| number);
        for number in held.chain(foreign).collect::<Vec<i32>>() {
            self.set_close_on_exec(number, true);
        }
    }

    /// The process runs another program.
    pub fn exec(&mut self) {
        self.held.keep(|_, held| !held.close_on_exec);
        self.foreign.keep(|_, close_on_exec| !close_on_exec);
    }
}

/// What a descriptor was found to refer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// An object of the run.
    Object(Held),
    /// A file outside the run's folder (a library, the system's configuration), which is no concern of an exercise.
    Foreign {
        /// Whether exec closes it.
        close_on_exec: bool,
    },
}

/// Whether a path is of a file of the system, which need not be looked up to know that it is no concern of an exercise. The
/// loader opens such files for each program that is executed.
#[must_use]
pub fn is_of_system(path: &str) -> bool {
    let folders = ["/lib/", "/lib64/", "/usr/", "/etc/"];
    folders.iter().any(|folder| path.starts_with(folder)) && !path.contains("..")
}

/// All objects of a run.
#[derive(Debug, Default)]
pub struct Objects {
    list: Vec<Object>,
    /// How many there are of each kind.
    counts: BTreeMap<ObjectKind, usize>,
    /// By device and inode, where these identify an object.
    known: HashMap<(u64, u64), ObjectId>,
    folder: PathBuf,
}

impl Objects {
    /// No objects yet, in a run with this folder.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            ..Self::default()
        }
    }

    /// All of them, in the order in which they were first seen.
    #[must_use]
    pub fn into_list(self) -> Vec<Object> {
        self.list
    }

    /// Which file system objects were seen: device and inode of each.
    #[must_use]
    pub fn identities(&self) -> HashSet<(u64, u64)> {
        self.known.keys().copied().collect()
    }

    /// The object of this device and inode, where it was seen.
    #[must_use]
    pub fn at(&self, device: u64, inode: u64) -> Option<ObjectId> {
        self.known.get(&(device, inode)).copied()
    }

    /// From now on what has this device and inode is known as `id`.
    pub fn identify(&mut self, id: ObjectId, identity: (u64, u64)) {
        self.known.insert(identity, id);
    }

    /// The object of this id.
    #[must_use]
    pub fn get(&self, id: ObjectId) -> Option<&Object> {
        self.list.get(id)
    }

    /// A new object.
    pub fn add(&mut self, kind: ObjectKind, name: Option<String>) -> ObjectId {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let number = *count;
        self.list.push(Object { kind, number, name });
        self.list.len() - 1
    }

    /// What a descriptor of a process that stands still refers to; `flags` are those with which it was opened, where these
    /// are known. `None` for what has gone.
    pub fn look_up(
        &mut self,
        pid: i32,
        number: i32,
        hint: Option<ObjectKind>,
        flags: Option<i32>,
    ) -> Option<Found> {
        let path = format!("/proc/{pid}/fd/{number}");
        let target = fs::read_link(&path).ok()?;
        let data = fs::metadata(&path).ok()?;
        let flags = match flags {
            Some(flags) => flags,
            None => {
                let text = fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}")).ok()?;
                let flags = text.lines().find_map(|line| line.strip_prefix("flags:"))?;
                i32::from_str_radix(flags.trim(), 8).ok()?
            }
        };
        let close_on_exec = flags & libc::O_CLOEXEC != 0;
        let Some((kind, name)) = self.describe(&target, data.file_type(), hint) else {
            return Some(Found::Foreign { close_on_exec });
        };
        let identity = (data.dev(), data.ino());
        // Anonymous inodes (eventfd, pidfd, ...) all share one number.
        let is_unique = kind != ObjectKind::Other || data.file_type().is_char_device();
        let object = match self.known.get(&identity) {
            Some(known) if is_unique => *known,
            _ => {
                let id = self.add(kind, name);
                if is_unique {
                    self.known.insert(identity, id);
                }
                id
            }
        };
        let mode = flags & libc::O_ACCMODE;
        Some(Found::Object(Held {
            object,
            reads: mode != libc::O_WRONLY,
            writes: mode != libc::O_RDONLY,
            close_on_exec,
        }))
    }

    /// The object that a descriptor refers to that has just been made, and is of this kind: nothing but its identity
    /// has to be looked up.
    pub fn look_up_new(&mut self, pid: i32, number: i32, kind: ObjectKind) -> Option<ObjectId> {
        let data = fs::metadata(format!("/proc/{pid}/fd/{number}")).ok()?;
        let id = self.add(kind, None);
        // The number of an object that has gone can be given to a new one.
        self.known.insert((data.dev(), data.ino()), id);
        Some(id)
    }

    /// From now on what `other` refers to is known as `id`: the two sockets of a pair are one object.
    pub fn join(&mut self, pid: i32, other: i32, id: ObjectId) {
        if let Ok(data) = fs::metadata(format!("/proc/{pid}/fd/{other}")) {
            self.known.insert((data.dev(), data.ino()), id);
        }
    }

    fn describe(
        &self,
        target: &Path,
        file_type: fs::FileType,
        hint: Option<ObjectKind>,
    ) -> Option<(ObjectKind, Option<String>)> {
        let text = target.to_string_lossy();
        if let Some(kind) = hint {
            return Some((kind, text.starts_with('/').then(|| text.into_owned())));
        }
        if file_type.is_socket() {
            return Some((ObjectKind::Socket, None));
        }
        let inside = target.strip_prefix(&self.folder).ok();
        let inside = inside.map(|path| path.strip_prefix("work").unwrap_or(path));
        let inside = inside.map(|path| path.to_string_lossy().into_owned());
        if file_type.is_fifo() {
            let anonymous = text.starts_with("pipe:");
            let kind = if anonymous {
                ObjectKind::Pipe
            } else {
                ObjectKind::Fifo
            };
            let name = inside.or_else(|| (!anonymous).then(|| text.into_owned()));
            return Some((kind, name));
        }
        if let Some(name) = text.strip_prefix("/dev/shm/") {
            return Some((ObjectKind::SharedMemory, Some(format!("/{name}"))));
        }
        if text.starts_with("/memfd:") {
            return Some((ObjectKind::SharedMemory, None));
        }
        if file_type.is_file() {
            return inside.map(|name| (ObjectKind::File, Some(name)));
        }
        if file_type.is_dir() {
            return None;
        }
        Some((ObjectKind::Other, Some(text.into_owned())))
    }
}
