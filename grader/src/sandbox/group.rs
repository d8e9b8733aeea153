//! A control group of the run's own (`cgroups(7)`, version 2): limits of memory and of processes that hold for all of them together.
//!
//! It is made below the nearest group that hands these controllers on to its children and lets the grader's user make some. The
//! program enters it by itself, before it executes anything; the tracer stays outside, so that no lack of memory ends it. Whoever
//! stays behind removes it.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;

use super::layers::{self, Refused};
use super::limits;
use super::request::RunRequest;
use crate::record::{Layer, Limit};

/// What must be there to be limited.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// How long the end of what is left in it may take.
const TEARDOWN: Duration = Duration::from_secs(10);

/// A run's control group.
#[derive(Debug)]
pub(super) struct Group {
    folder: PathBuf,
    /// By these, a process that no longer sees the folder enters the group and asks what happened in it.
    entrance: File,
    memory: File,
    processes: File,
    /// The process that made it, and removes it. Others have copies of this.
    maker: u32,
}

impl Group {
    /// Makes a group with the limits of the request.
    ///
    /// # Errors
    /// The step that the host refuses.
    pub(super) fn make(request: &RunRequest) -> Result<Self, Refused> {
        let folder = make_folder()?;
        let made = Self::furnish(&folder, request);
        if made.is_err() {
            let _ = fs::remove_dir(&folder);
        }
        made
    }

    fn furnish(folder: &Path, request: &RunRequest) -> Result<Self, Refused> {
        let set = |file: &str, value: u64| {
            let written = write(&folder.join(file), &value.to_string());
            written.map_err(|error| refused("limit a control group", &error))
        };
        set("memory.max", limits::memory_of_all(request))?;
        set("pids.max", limits::threads(request))?;
        // All of the run ends together: what is left of one that has lost a process says nothing. Without swap there is no such file.
        let _ = write(&folder.join("memory.oom.group"), "1");
        let _ = write(&folder.join("memory.swap.max"), "0");
        let open = |file: &str, writable: bool| {
            let opened = File::options()
                .read(!writable)
                .write(writable)
                .open(folder.join(file));
            opened.map_err(|error| refused("open a control group", &error))
        };
        Ok(Self {
            entrance: open("cgroup.procs", true)?,
            memory: open("memory.events", false)?,
            processes: open("pids.events", false)?,
            folder: folder.to_path_buf(),
            maker: std::process::id(),
        })
    }

    /// Moves the calling process into the group.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(super) fn enter(&self) -> Result<(), Errno> {
        let entered = (&self.entrance).write_all(b"0");
        entered.map_err(|error| errno(&error))
    }

    /// The limit of the group by which a process was ended, or could not be made.
    pub(super) fn exceeded(&self) -> Option<Limit> {
        if count(&self.memory, "oom_kill") > 0 {
            Some(Limit::Memory)
        } else if count(&self.processes, "max") > 0 {
            Some(Limit::Processes)
        } else {
            None
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if std::process::id() != self.maker {
            return;
        }
        // Nobody should be there any more.
        let _ = write(&self.folder.join("cgroup.kill"), "1");
        let deadline = Instant::now() + TEARDOWN;
        while fs::remove_dir(&self.folder).is_err_and(|it| errno(&it) == Errno::EBUSY) {
            if Instant::now() >= deadline {
                break;
            }
            // Those that are dead leave soon.
            std::thread::sleep(Duration::from_micros(500));
        }
    }
}

/// The layer of a group that was made, or was not.
pub(super) fn layer(group: &Result<Group, Refused>) -> Layer {
    match group {
        Ok(_) => layers::active(layers::CONTROL_GROUP),
        Err(refused) => layers::unavailable(layers::CONTROL_GROUP, refused),
    }
}

/// Makes a folder in the nearest group where that is possible.
fn make_folder() -> Result<PathBuf, Refused> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let Some((top, own)) = place(&own, &mounts) else {
        return Err(Refused::new(
            "find control groups of version 2",
            Errno::ENOENT,
        ));
    };
    let above = own.ancestors().take_while(|it| it.starts_with(&top));
    let mut first_refusal = None;
    for parent in above.filter(|it| hands_on(it)) {
        let folder = parent.join(format!("forklings-{}", std::process::id()));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) => {
                first_refusal.get_or_insert_with(|| refused("make a control group", &error));
            }
        }
    }
    Err(first_refusal.unwrap_or_else(|| {
        Refused::new(
            "find a control group that hands memory and pids on",
            Errno::ENOENT,
        )
    }))
}

/// Where the groups are mounted, and the folder of the own one.
fn place(own: &str, mounts: &str) -> Option<(PathBuf, PathBuf)> {
    let own = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    mounts.lines().find_map(|line| {
        // Of `proc_pid_mountinfo(5)`: the mount's root and its place; then, after a dash, the type.
        let (fields, kind) = line.split_once(" - ")?;
        let mut fields = fields.split(' ').skip(3);
        let (root, top) = (fields.next()?, Path::new(fields.next()?));
        let below = Path::new(own).strip_prefix(root).ok()?;
        kind.starts_with("cgroup2 ")
            .then(|| (top.to_path_buf(), top.join(below)))
    })
}

/// Whether the children of a group can be limited.
fn hands_on(group: &Path) -> bool {
    let controllers = fs::read_to_string(group.join("cgroup.subtree_control"));
    let controllers = controllers.unwrap_or_default();
    let has = |name: &&str| controllers.split_whitespace().any(|it| it == *name);
    CONTROLLERS.iter().all(has)
}

/// A number from a file of names and numbers.
fn count(events: &File, name: &str) -> u64 {
    let mut bytes = [0; 1024];
    let length = events.read_at(&mut bytes, 0).unwrap_or(0);
    let text = String::from_utf8_lossy(&bytes[..length]);
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    let value = lines.find(|(key, _)| *key == name);
    value.and_then(|(_, it)| it.parse().ok()).unwrap_or(0)
}

/// Writes to a file of the kernel's, which is there or is not.
fn write(file: &Path, text: &str) -> io::Result<()> {
    File::options()
        .write(true)
        .open(file)?
        .write_all(text.as_bytes())
}

fn refused(step: &str, error: &io::Error) -> Refused {
    Refused::new(step, errno(error))
}

fn errno(error: &io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate
";

    #[track_caller]
    fn check(own: &str, mounts: &str, expected: Option<(&str, &str)>) {
        let expected = expected.map(|(top, own)| (PathBuf::from(top), PathBuf::from(own)));
        assert_eq!(place(own, mounts), expected);
    }

    #[test]
    fn the_own_group_is_found_below_the_mount() {
        let top = "/sys/fs/cgroup";
        let own = "0::/user.slice/a.scope\n";
        check(
            own,
            MOUNTS,
            Some((top, "/sys/fs/cgroup/user.slice/a.scope")),
        );
        // Beside groups of version 1.
        let both = "4:memory:/x\n0::/\n";
        check(both, MOUNTS, Some((top, "/sys/fs/cgroup/")));
        check("4:memory:/x\n", MOUNTS, None);
        check(own, "22 27 0:21 / /proc rw - proc proc rw\n", None);
        // A container that sees a part of the groups, and is elsewhere.
        let part = "31 23 0:27 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        check("0::/docker/1/a\n", part, Some((top, "/sys/fs/cgroup/a")));
        check("0::/docker/2\n", part, None);
    }

    #[test]
    fn groups_that_hand_both_controllers_on_are_used() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cgroup.subtree_control");
        for (text, expected) in [
            ("cpu memory pids\n", true),
            ("memory\n", false),
            ("memory.x pids\n", false),
            ("", false),
        ] {
            fs::write(&file, text).unwrap();
            assert_eq!(hands_on(folder.path()), expected, "{text}");
        }
    }

    #[test]
    fn events_are_counted_by_their_names() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"low 0\noom 4\noom_kill 3\noom_group_kill 1\n")
            .unwrap();
        assert_eq!(count(&file, "oom_kill"), 3);
        assert_eq!(count(&file, "max"), 0);
    }
}
