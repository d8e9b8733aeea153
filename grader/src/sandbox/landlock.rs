//! Landlock (`landlock(7)`): which files the program may use, and that it signals nobody outside of the run.
//!
//! Where a run has files of its own this is a second wall; on the host it is the only one. Best effort: older kernels know fewer
//! rights, and what a kernel does not know cannot be asked for.

use std::fs::File;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use nix::errno::Errno;
use nix::libc;
use nix::sys::statfs::statfs;

use super::layers::Refused;

/// From `linux/landlock.h`: rights on files.
mod right {
    pub(super) const EXECUTE: u64 = 1 << 0;
    pub(super) const WRITE_FILE: u64 = 1 << 1;
    pub(super) const READ_FILE: u64 = 1 << 2;
    pub(super) const READ_DIR: u64 = 1 << 3;
    pub(super) const TRUNCATE: u64 = 1 << 14;
    pub(super) const IOCTL_DEV: u64 = 1 << 15;
    /// What a rule on a file, not a folder, may give.
    pub(super) const OF_FILES: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;
}

/// The rights that each version of the interface knows, from the first.
const RIGHTS: [u64; 5] = [
    (1 << 13) - 1,
    (1 << 14) - 1,
    (1 << 15) - 1,
    (1 << 15) - 1,
    (1 << 16) - 1,
];

/// The version from which on signals and abstract sockets can be kept in.
const SCOPES_SINCE: usize = 6;

/// Abstract sockets (`unix(7)`), and signals.
const SCOPES: u64 = 0b11;

/// Folders that everybody may read and execute.
const READ: [&str; 10] = [
    "/bin", "/gnu", "/lib", "/lib32", "/lib64", "/libx32", "/nix", "/program", "/sbin", "/usr",
];

/// Folders and files that can be written, besides the run's own.
const WRITTEN: [&str; 10] = [
    "/dev/full",
    "/dev/mqueue",
    "/dev/null",
    "/dev/ptmx",
    "/dev/pts",
    "/dev/random",
    "/dev/shm",
    "/dev/tty",
    "/dev/urandom",
    "/dev/zero",
];

/// Where a kernel keeps message queues, and how `statfs(2)` names that.
const QUEUES: (&str, libc::c_long) = ("/dev/mqueue", 0x1980_0202);

/// What came of it.
pub(super) struct Restricted {
    /// Whether files outside of the lists are out of reach.
    pub(super) files: Result<(), Refused>,
    /// Whether signals stay in the run.
    pub(super) signals: Result<(), Refused>,
}

/// What a process may use beside the system.
pub(super) struct Rules<'a> {
    /// Files and folders that it may read and execute.
    pub(super) read: &'a [&'a Path],
    /// Files and folders that it may write as well.
    pub(super) written: &'a [&'a Path],
    /// Whether it must be able to make message queues.
    pub(super) makes_queues: bool,
}

/// Restricts the calling process, for good.
pub(super) fn restrict(rules: &Rules<'_>) -> Restricted {
    let version = match version() {
        Ok(version) => version,
        Err(errno) => {
            let refused = Refused::new("ask for Landlock", errno);
            return Restricted {
                files: Err(refused.clone()),
                signals: Err(refused),
            };
        }
    };
    let rights = RIGHTS[version.clamp(1, RIGHTS.len()) - 1];
    let scopes = if version >= SCOPES_SINCE { SCOPES } else { 0 };
    // Without a mount of theirs no rule can allow queues: `mq_open` would fail, and leave the queue behind.
    let has_queues = !rules.makes_queues || can_allow_queues();
    let handled = if has_queues { rights } else { 0 };
    let done = if handled | scopes == 0 {
        Ok(())
    } else {
        enforce(handled, scopes, rules)
    };
    let or = |is_there: bool, step: &str, errno| match &done {
        Err(refused) => Err(refused.clone()),
        Ok(()) if is_there => Ok(()),
        Ok(()) => Err(Refused::new(step, errno)),
    };
    Restricted {
        files: or(
            has_queues,
            "find message queues in /dev/mqueue",
            Errno::ENOENT,
        ),
        signals: or(scopes != 0, "keep signals in", Errno::ENOSYS),
    }
}

/// Whether message queues are mounted, so that a rule can allow them.
pub(super) fn can_allow_queues() -> bool {
    statfs(QUEUES.0).is_ok_and(|it| it.filesystem_type().0 == QUEUES.1)
}

fn enforce(handled: u64, scopes: u64, rules: &Rules<'_>) -> Result<(), Refused> {
    let set = ruleset(handled, scopes).map_err(Refused::at("make a ruleset"))?;
    if handled != 0 {
        let reading = right::EXECUTE | right::READ_FILE | right::READ_DIR;
        let read = READ.iter().map(Path::new).chain(rules.read.iter().copied());
        let written = WRITTEN
            .iter()
            .map(Path::new)
            .chain(rules.written.iter().copied());
        let given = read
            .map(|path| (path, reading))
            .chain(written.map(|path| (path, handled)));
        for (path, rights) in given {
            allow(&set, path, rights & handled).map_err(Refused::at("allow a folder"))?;
        }
    }
    // SAFETY: the call takes a descriptor and flags.
    let done = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, set.as_raw_fd(), 0) };
    Errno::result(done)
        .map(drop)
        .map_err(Refused::at("enforce a ruleset"))
}

/// The version of the interface.
fn version() -> Result<usize, Errno> {
    const ASK: libc::c_long = 1;
    let nothing: *const u64 = std::ptr::null();
    // SAFETY: this question takes no structure.
    let version = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, nothing, 0, ASK) };
    Ok(usize::try_from(Errno::result(version)?).unwrap_or(0))
}

fn ruleset(handled: u64, scopes: u64) -> Result<OwnedFd, Errno> {
    // `struct landlock_ruleset_attr`: files, network, scopes. Older kernels take more bytes than they know when these are 0.
    let attributes = [handled, 0, scopes];
    // SAFETY: the kernel reads as many bytes as it is told.
    let rules = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            attributes.as_ptr(),
            size_of_val(&attributes),
            0,
        )
    };
    let rules = i32::try_from(Errno::result(rules)?).map_err(|_| Errno::EBADF)?;
    // SAFETY: the descriptor is new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(rules) })
}

/// Gives rights on a file, or on a folder and all below it. What is not there needs none.
fn allow(rules: &OwnedFd, path: &Path, rights: u64) -> Result<(), Errno> {
    let flags = libc::O_PATH | libc::O_CLOEXEC;
    let Ok(place) = File::options().read(true).custom_flags(flags).open(path) else {
        return Ok(());
    };
    let is_folder = place.metadata().is_ok_and(|data| data.is_dir());
    let rights = if is_folder {
        rights
    } else {
        rights & right::OF_FILES
    };
    // `struct landlock_path_beneath_attr` is packed: rights, then the descriptor.
    let mut attributes = [0_u8; 12];
    attributes[..8].copy_from_slice(&rights.to_ne_bytes());
    attributes[8..].copy_from_slice(&place.as_raw_fd().to_ne_bytes());
    const BENEATH: libc::c_long = 1;
    // SAFETY: the kernel reads the twelve bytes of the structure.
    let added = unsafe {
        libc::syscall(
            libc::SYS_landlock_add_rule,
            rules.as_raw_fd(),
            BENEATH,
            attributes.as_ptr(),
            0,
        )
    };
    Errno::result(added).map(drop)
}
