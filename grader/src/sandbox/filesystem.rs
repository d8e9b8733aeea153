//! The files that a run in namespaces of its own sees: the system's programs and libraries, read-only; its own folder; nothing else.
//!
//! The new root is a list of what is there, not of what is hidden: the course, other people's answers and the user's own
//! files are not part of it. Everything that can be written lies in memory, has a size and is gone with the run.

use std::ffi::CStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::libc;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

use serde::{Deserialize, Serialize};

use super::layers::Refused;

/// What of the host's root is there. Names that begin with `lib` are there too.
const SYSTEM: [&str; 6] = ["bin", "etc", "gnu", "nix", "sbin", "usr"];

/// The devices that are there.
const DEVICES: [&str; 6] = ["full", "null", "random", "tty", "urandom", "zero"];

/// Links in `/dev`.
const LINKS: [(&str, &str); 5] = [
    ("dev/fd", "/proc/self/fd"),
    ("dev/ptmx", "pts/ptmx"),
    ("dev/stderr", "/proc/self/fd/2"),
    ("dev/stdin", "/proc/self/fd/0"),
    ("dev/stdout", "/proc/self/fd/1"),
];

/// Where the new root is made: a folder that every Linux has. It hides what is there from the run's own first process only.
const NEW_ROOT: &str = "/tmp";

/// How many files a run may make.
const MOST_FILES: u32 = 16_384;

/// What is seen beside the system.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    /// A folder in memory, at this path.
    pub(super) folder: &'a Path,
    /// How much memory all files may take, and as much again all shared memory objects.
    pub(super) bytes: u64,
    /// Folders that are covered where the system is there.
    pub(super) hidden: &'a [PathBuf],
    /// The program that is run, which gets a place of its own.
    pub(super) program: Option<&'a Program>,
    /// Folders and files of the host that are there, at their own paths.
    pub(super) shared: &'a [Shared],
}

/// A folder or file of the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// Where it is.
    pub path: PathBuf,
    /// Whether it can be written.
    pub writable: bool,
}

/// What of a view lies where perhaps only the runner itself may go: mounts that are nowhere yet.
pub(super) struct Detached<'a> {
    program: Option<DetachedProgram<'a>>,
    shared: Vec<(&'a Path, OwnedFd)>,
}

/// The program's file on the host.
#[derive(Debug)]
pub(super) struct Program {
    path: PathBuf,
    file: File,
}

/// A program that can be given another place.
struct DetachedProgram<'a> {
    program: &'a Program,
    /// A mount of the file that is nowhere yet; none where only the runner may enter its folder.
    mount: Option<OwnedFd>,
}

impl Program {
    /// # Errors
    /// When it is not there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // Only to be copied or mounted: the run's processes never get it.
        let options = File::options()
            .read(true)
            .custom_flags(libc::O_CLOEXEC)
            .open(path);
        Ok(Self {
            path: path.to_path_buf(),
            file: options.map_err(|error| {
                let text = format!("execute {}: {error}", path.display());
                io::Error::new(error.kind(), text)
            })?,
        })
    }

    fn detach(&self) -> DetachedProgram<'_> {
        DetachedProgram {
            program: self,
            mount: detach(&self.path).ok(),
        }
    }

    /// Copies the file into a folder where everybody can execute it, and returns its path there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn copy_into(&self, folder: &Path) -> io::Result<PathBuf> {
        let to = folder.join(self.path.file_name().unwrap_or_default());
        let mut copy = File::options()
            .write(true)
            .create_new(true)
            .mode(0o755)
            .open(&to)?;
        let mut file = &self.file;
        io::copy(&mut file, &mut copy)?;
        Ok(to)
    }
}

impl DetachedProgram<'_> {
    /// Puts the program into the folder.
    fn put_into(self, folder: &Path) -> Result<PathBuf, Refused> {
        let Some(mount) = self.mount else {
            let copied = self.program.copy_into(folder);
            return copied.map_err(|error| refused("copy the program", &error));
        };
        let to = folder.join(self.program.path.file_name().unwrap_or_default());
        File::create(&to).map_err(|error| refused("make a place for the program", &error))?;
        move_mount(&mount, &to).map_err(Refused::at("mount the program"))?;
        Ok(to)
    }
}

impl View<'_> {
    /// In a mount namespace of its own: takes what is on the host as it is now, wherever it will be put.
    pub(super) fn detach(&self) -> Result<Detached<'_>, Refused> {
        let shared = self.shared.iter().map(|it| {
            let mount = detach(&it.path)?;
            if !it.writable {
                set_read_only(&mount, c"", libc::AT_RECURSIVE | libc::AT_EMPTY_PATH)?;
            }
            Ok((it.path.as_path(), mount))
        });
        Ok(Detached {
            program: self.program.map(Program::detach),
            shared: shared
                .collect::<Result<_, Errno>>()
                .map_err(Refused::at("take the host's folders"))?,
        })
    }
}

/// A mount of a folder or file that is nowhere yet (`open_tree(2)`).
fn detach(path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OPEN_TREE_CLONE | libc::O_CLOEXEC | libc::AT_RECURSIVE;
    let tree = nix::NixPath::with_nix_path(path, |path| {
        // SAFETY: `path` is a text that ends with NUL, for the duration of the call.
        let tree = unsafe {
            libc::syscall(
                libc::SYS_open_tree,
                libc::AT_FDCWD,
                path.as_ptr(),
                libc::c_long::from(flags),
            )
        };
        Errno::result(tree)
    })??;
    let tree = i32::try_from(tree).map_err(|_| Errno::EBADF)?;
    // SAFETY: the descriptor is new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(tree) })
}

/// Puts such a mount where it is to be.
fn move_mount(mount: &OwnedFd, to: &Path) -> Result<(), Errno> {
    let moved = nix::NixPath::with_nix_path(to, |to| {
        // SAFETY: both texts end with NUL, for the duration of the call.
        let moved = unsafe {
            libc::syscall(
                libc::SYS_move_mount,
                mount.as_raw_fd(),
                c"".as_ptr(),
                libc::AT_FDCWD,
                to.as_ptr(),
                libc::c_long::from(MOVE_MOUNT_F_EMPTY_PATH),
            )
        };
        Errno::result(moved)
    })?;
    moved.map(drop)
}

/// From `linux/mount.h`, which the C library does not have everywhere.
const OPEN_TREE_CLONE: libc::c_int = 1;
const MOVE_MOUNT_F_EMPTY_PATH: libc::c_int = 4;
const MOUNT_ATTR_RDONLY: u64 = 1;
const MOUNT_ATTR_NOSUID: u64 = 2;

/// Keeps what is mounted from now on from the host.
pub(super) fn make_private() -> Result<(), Refused> {
    let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    attach(None, "/", None, flags, "").map_err(Refused::at("make mounts private"))
}

/// Makes the new root, enters it, and leaves the old one behind. Returns the program's path.
///
/// The order: the system, then what is in memory, then what lies in either; at last nothing can be made in the root itself any more.
pub(super) fn build(view: &View<'_>, detached: Detached<'_>) -> Result<Option<PathBuf>, Refused> {
    let root = Path::new(NEW_ROOT);
    // Folders and empty files, and perhaps a copy of the program.
    let size = "size=256m,nr_inodes=4k,mode=755";
    attach(None, root, Some("tmpfs"), MsFlags::MS_NOSUID, size)
        .map_err(Refused::at("mount a root"))?;
    for folder in ["dev/mqueue", "dev/pts", "dev/shm", "proc", "program", "tmp"] {
        make_folder(&root.join(folder))?;
    }
    borrow_system(root)?;
    borrow_devices(root)?;
    mount_memory(root, view.bytes)?;
    let below = |path: &Path| root.join(path.strip_prefix("/").unwrap_or(path));
    for hidden in view.hidden.iter().map(|path| below(path)) {
        // It lies where the system does, as in /usr/src.
        if hidden.is_dir() {
            let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_RDONLY;
            attach(None, &*hidden, Some("tmpfs"), flags, "size=4k,mode=555")
                .map_err(Refused::at("hide the course"))?;
        }
    }
    let program = detached.program;
    let program = program.map(|it| it.put_into(&root.join("program")));
    let program = program.transpose()?;
    for (path, mount) in detached.shared {
        place(&mount, &below(path))?;
    }
    if view.folder.starts_with(NEW_ROOT) {
        make_folder(&below(view.folder))?;
    } else {
        let (inner, outer) = (root.join("tmp/run"), below(view.folder));
        make_folder(&inner)?;
        make_folder(&outer)?;
        attach(Some(&inner), &*outer, None, MsFlags::MS_BIND, "")
            .map_err(Refused::at("mount the run's folder"))?;
    }
    let path = nix::NixPath::with_nix_path(root, CStr::to_owned);
    path.and_then(|root| set_read_only_at(&root, 0))
        .map_err(Refused::at("make the tree read-only"))?;
    move_in(root).map_err(Refused::at("enter the root"))?;
    Ok(program.map(|path| Path::new("/").join(path.strip_prefix(root).unwrap_or(&path))))
}

fn make_folder(path: &Path) -> Result<(), Refused> {
    fs::create_dir_all(path).map_err(|error| refused("make folders", &error))
}

/// Puts a folder or file of the host at its path, unless the system has brought it already.
fn place(mount: &OwnedFd, to: &Path) -> Result<(), Refused> {
    let is_folder = fs::metadata(format!("/proc/self/fd/{}", mount.as_raw_fd()))
        .is_ok_and(|data| data.is_dir());
    if !to.exists() {
        if is_folder {
            make_folder(to)?;
        } else {
            make_folder(to.parent().unwrap_or(to))?;
            File::create(to).map_err(|error| refused("make folders", &error))?;
        }
    }
    move_mount(mount, to).map_err(Refused::at("mount the host's folders"))
}

/// File systems in memory, and those of the kernel's own objects.
fn mount_memory(root: &Path, bytes: u64) -> Result<(), Refused> {
    let plain = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let size = format!("size={bytes},nr_inodes={MOST_FILES},mode=1777");
    for folder in ["tmp", "dev/shm"] {
        attach(None, &*root.join(folder), Some("tmpfs"), plain, &size)
            .map_err(Refused::at("mount a file system in memory"))?;
    }
    let locked = plain | MsFlags::MS_NOEXEC;
    // A kernel without message queues has nothing to protect; the record says that they are not observed.
    match attach(None, &*root.join("dev/mqueue"), Some("mqueue"), locked, "") {
        Ok(()) | Err(Errno::ENODEV) => {}
        Err(errno) => return Err(Refused::new("mount /dev/mqueue", errno)),
    }
    let terminals = "newinstance,ptmxmode=0666,mode=0620";
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    attach(
        None,
        &*root.join("dev/pts"),
        Some("devpts"),
        flags,
        terminals,
    )
    .map_err(Refused::at("mount /dev/pts"))?;
    attach(None, &*root.join("proc"), Some("proc"), locked, "").map_err(Refused::at("mount /proc"))
}

/// Programs, libraries and configuration, as they are on the host.
fn borrow_system(root: &Path) -> Result<(), Refused> {
    let entries = fs::read_dir("/").map_err(|error| refused("list the root", &error))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_library = name.as_bytes().starts_with(b"lib");
        if !is_library && !SYSTEM.iter().any(|it| *it == name) {
            continue;
        }
        let (from, to) = (entry.path(), root.join(&name));
        if let Ok(target) = fs::read_link(&from) {
            symlink(target, to).map_err(|error| refused("link the system", &error))?;
        } else if from.is_dir() {
            fs::create_dir(&to).map_err(|error| refused("make folders", &error))?;
            let flags = MsFlags::MS_BIND | MsFlags::MS_REC;
            attach(Some(&from), &*to, None, flags, "").map_err(Refused::at("mount the system"))?;
            let path = nix::NixPath::with_nix_path(&to, CStr::to_owned);
            path.and_then(|to| set_read_only_at(&to, libc::AT_RECURSIVE))
                .map_err(Refused::at("make the tree read-only"))?;
        }
    }
    Ok(())
}

fn borrow_devices(root: &Path) -> Result<(), Refused> {
    for device in DEVICES {
        let from = Path::new("/dev").join(device);
        let to = root.join("dev").join(device);
        if !from.exists() {
            continue;
        }
        File::create(&to).map_err(|error| refused("make places for devices", &error))?;
        attach(Some(&from), &*to, None, MsFlags::MS_BIND, "")
            .map_err(Refused::at("mount devices"))?;
    }
    for (link, target) in LINKS {
        symlink(target, root.join(link)).map_err(|error| refused("link devices", &error))?;
    }
    Ok(())
}

/// Makes a mount read-only, and its set-user-id bits without effect; with AT_RECURSIVE those below it too.
fn set_read_only_at(path: &CStr, flags: libc::c_int) -> Result<(), Errno> {
    set_attributes(libc::AT_FDCWD, path, flags)
}

fn set_read_only(mount: &OwnedFd, path: &CStr, flags: libc::c_int) -> Result<(), Errno> {
    set_attributes(mount.as_raw_fd(), path, flags)
}

fn set_attributes(folder: libc::c_int, path: &CStr, flags: libc::c_int) -> Result<(), Errno> {
    // `struct mount_attr`: to set, to clear, propagation, user namespace.
    let attributes = [MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0_u64];
    // SAFETY: `path` ends with NUL, and the kernel reads as many bytes of the attributes as it is told.
    let set = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            folder,
            path.as_ptr(),
            libc::c_long::from(flags),
            attributes.as_ptr(),
            size_of_val(&attributes),
        )
    };
    Errno::result(set).map(drop)
}

/// Makes `root` the root, and lets go of the old one (`pivot_root(2)`, "pivot_root(".", ".")").
fn move_in(root: &Path) -> Result<(), Errno> {
    chdir(root)?;
    pivot_root(".", ".")?;
    umount2(".", MntFlags::MNT_DETACH)?;
    chdir("/")
}

fn attach<P: ?Sized + nix::NixPath>(
    from: Option<&Path>,
    to: &P,
    kind: Option<&str>,
    flags: MsFlags,
    options: &str,
) -> Result<(), Errno> {
    let options = (!options.is_empty()).then_some(options);
    mount(from, to, kind, flags, options)
}

fn refused(step: &str, error: &io::Error) -> Refused {
    Refused::new(
        step,
        Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)),
    )
}
