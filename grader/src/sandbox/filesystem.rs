//! The files that a run in namespaces of its own sees: the system's programs and libraries, read-only; its own folder; nothing else.
//!
//! The new root is a list of what is there, not of what is hidden: the course, other people's answers and the user's own
//! files are not part of it. Everything that can be written lies in memory, has a size and is gone with the run.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::libc;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{chdir, pivot_root};

use super::layers::Refused;
use super::request::RunRequest;

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
const MOST_FILES: u32 = 65_536;

/// The program's file on the host.
pub(super) struct Program {
    path: PathBuf,
    file: File,
}

/// A program that can be given another place.
pub(super) struct Detached<'a> {
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

    /// In a mount namespace of its own: takes the file as it is now, wherever it will be put.
    pub(super) fn detach(&self) -> Detached<'_> {
        let path = nix::NixPath::with_nix_path(&self.path, |path| {
            let flags = OPEN_TREE_CLONE | libc::c_uint::try_from(libc::O_CLOEXEC).unwrap_or(0);
            // SAFETY: `path` is a text that ends with NUL, for the duration of the call.
            let tree = unsafe {
                libc::syscall(
                    libc::SYS_open_tree,
                    libc::AT_FDCWD,
                    path.as_ptr(),
                    libc::c_long::from(flags),
                )
            };
            let tree = i32::try_from(Errno::result(tree).ok()?).ok()?;
            // SAFETY: the descriptor is new, and nobody else's.
            Some(unsafe { OwnedFd::from_raw_fd(tree) })
        });
        Detached {
            program: self,
            mount: path.ok().flatten(),
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

impl Detached<'_> {
    /// Puts the program into the folder.
    fn put_into(self, folder: &Path) -> Result<PathBuf, Refused> {
        let Some(mount) = self.mount else {
            let copied = self.program.copy_into(folder);
            return copied.map_err(|error| refused("copy the program", &error));
        };
        let to = folder.join(self.program.path.file_name().unwrap_or_default());
        File::create(&to).map_err(|error| refused("make a place for the program", &error))?;
        let moved = nix::NixPath::with_nix_path(&to, |to| {
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
            Errno::result(moved).map(drop)
        });
        moved
            .and_then(|moved| moved)
            .map_err(Refused::at("mount the program"))?;
        Ok(to)
    }
}

/// From `linux/mount.h`, which the C library does not have everywhere.
const OPEN_TREE_CLONE: libc::c_uint = 1;
const MOVE_MOUNT_F_EMPTY_PATH: libc::c_uint = 4;
const MOUNT_ATTR_RDONLY: u64 = 1;
const MOUNT_ATTR_NOSUID: u64 = 2;

/// Keeps what is mounted from now on from the host.
pub(super) fn make_private() -> Result<(), Refused> {
    let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    attach(None, "/", None, flags, "").map_err(Refused::at("make mounts private"))
}

/// Makes the new root, enters it, and leaves the old one behind. Returns the program's path.
///
/// The order: folders first, because the root will be read-only; what comes from the host; then nothing of that can be written
/// any more; then what can.
pub(super) fn build(
    request: &RunRequest,
    program: Option<Detached<'_>>,
) -> Result<Option<PathBuf>, Refused> {
    umask(Mode::from_bits_truncate(0o022));
    let root = Path::new(NEW_ROOT);
    let plain = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    // Folders and empty files, and perhaps a copy of the program.
    let size = "size=256m,nr_inodes=1k,mode=755";
    attach(None, root, Some("tmpfs"), MsFlags::MS_NOSUID, size)
        .map_err(Refused::at("mount a root"))?;
    for folder in ["dev/mqueue", "dev/pts", "dev/shm", "proc", "program", "tmp"] {
        fs::create_dir_all(root.join(folder)).map_err(|error| refused("make folders", &error))?;
    }
    let outside_tmp = request.folder.strip_prefix(NEW_ROOT).is_err();
    let below = |path: &Path| root.join(path.strip_prefix("/").unwrap_or(path));
    if outside_tmp {
        fs::create_dir_all(below(&request.folder))
            .map_err(|error| refused("make the run's folder", &error))?;
    }
    borrow_system(root)?;
    borrow_devices(root)?;
    for hidden in request.hidden.iter().map(|path| below(path)) {
        // It lies where the system does, as in /usr/src.
        if hidden.is_dir() {
            attach(None, &*hidden, Some("tmpfs"), plain, "size=4k,mode=555")
                .map_err(Refused::at("hide the course"))?;
        }
    }
    let place = root.join("program");
    let path = program.map(|it| it.put_into(&place)).transpose()?;
    forbid_writing(root).map_err(Refused::at("make the tree read-only"))?;
    let size = format!(
        "size={},nr_inodes={MOST_FILES},mode=1777",
        request.disk_bytes
    );
    for folder in ["tmp", "dev/shm"] {
        attach(None, &*root.join(folder), Some("tmpfs"), plain, &size)
            .map_err(Refused::at("mount a file system in memory"))?;
    }
    if outside_tmp {
        let folder = root.join("tmp/run");
        fs::create_dir(&folder).map_err(|error| refused("make the run's folder", &error))?;
        attach(
            Some(&folder),
            &*below(&request.folder),
            None,
            MsFlags::MS_BIND,
            "",
        )
        .map_err(Refused::at("mount the run's folder"))?;
    }
    let locked = plain | MsFlags::MS_NOEXEC;
    // A kernel without message queues has nothing to protect; the record says that they are not observed.
    match attach(None, &*root.join("dev/mqueue"), Some("mqueue"), locked, "") {
        Ok(()) | Err(Errno::ENODEV) => {}
        Err(errno) => return Err(Refused::new("mount /dev/mqueue", errno)),
    }
    let terminals = "newinstance,ptmxmode=0666,mode=0620";
    attach(
        None,
        &*root.join("dev/pts"),
        Some("devpts"),
        MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC,
        terminals,
    )
    .map_err(Refused::at("mount /dev/pts"))?;
    attach(None, &*root.join("proc"), Some("proc"), locked, "")
        .map_err(Refused::at("mount /proc"))?;
    move_in(root).map_err(Refused::at("enter the root"))?;
    fs::create_dir_all(&request.folder)
        .map_err(|error| refused("make the run's folder", &error))?;
    Ok(path.map(|path| Path::new("/").join(path.strip_prefix(root).unwrap_or(&path))))
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

/// Makes everything below the root read-only, and its set-user-id bits without effect.
fn forbid_writing(root: &Path) -> Result<(), Errno> {
    // `struct mount_attr`: to set, to clear, propagation, user namespace.
    let attributes = [MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0_u64];
    nix::NixPath::with_nix_path(root, |root| {
        // SAFETY: `root` is a text that ends with NUL, and the kernel reads as many bytes of the attributes as it is told.
        let set = unsafe {
            libc::syscall(
                libc::SYS_mount_setattr,
                libc::AT_FDCWD,
                root.as_ptr(),
                libc::c_long::from(libc::AT_RECURSIVE),
                attributes.as_ptr(),
                size_of_val(&attributes),
            )
        };
        Errno::result(set).map(drop)
    })?
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
