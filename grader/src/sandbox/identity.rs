//! Who runs the program: the grader's own user, or, where that is root, a user id that nobody else has.
//!
//! Root without capabilities still owns root's files, so a program of a student never runs as root, whatever else protects
//! the host. The id is the run's own: two runs at the same time cannot signal or trace each other.

use std::fs;

use nix::errno::Errno;
use nix::libc;
use nix::unistd::{Gid, Uid, geteuid, getpid, setgroups, setresgid, setresuid};

/// The first of the ids that systemd's list of uses leaves free (1879048192 to 2147483647), and more than there are pids.
const FIRST: u32 = 0x7000_0000;

/// Who runs the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity {
    /// The grader's user.
    Own,
    /// A user and group of this id.
    Nobodys(u32),
}

impl Identity {
    /// The one for this process's run.
    ///
    /// # Errors
    /// EINVAL, where the grader is root and no other user can be had.
    pub(super) fn choose() -> Result<Self, Errno> {
        if !geteuid().is_root() {
            return Ok(Self::Own);
        }
        let pid = getpid().as_raw().cast_unsigned();
        let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        mapped(&map, pid).map(Self::Nobodys).ok_or(Errno::EINVAL)
    }

    /// The one that compiles: always the same, because what it has compiled is used again. No run has it, because no process has
    /// the id 0.
    ///
    /// # Errors
    /// EINVAL, where the grader is root and no other user can be had.
    pub(super) fn compiler() -> Result<Self, Errno> {
        if !geteuid().is_root() {
            return Ok(Self::Own);
        }
        let map = fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        mapped(&map, 0).map(Self::Nobodys).ok_or(Errno::EINVAL)
    }

    /// The user's id as it is outside and inside of a run's namespaces.
    pub(super) fn user(self) -> u32 {
        match self {
            Self::Own => geteuid().as_raw(),
            Self::Nobodys(id) => id,
        }
    }

    /// The group's.
    pub(super) fn group(self) -> u32 {
        match self {
            Self::Own => nix::unistd::getegid().as_raw(),
            Self::Nobodys(id) => id,
        }
    }

    /// Becomes it, for good.
    ///
    /// # Errors
    /// When the kernel refuses: a container without the right to change users.
    pub(super) fn assume(self) -> Result<(), Errno> {
        let Self::Nobodys(id) = self else {
            return Ok(());
        };
        setgroups(&[])?;
        let (user, group) = (Uid::from_raw(id), Gid::from_raw(id));
        setresgid(group, group, group)?;
        setresuid(user, user, user)
    }
}

/// Whether other processes of this user may look into the calling one: into its memory, its descriptors, its links in `/proc`.
pub(super) fn be_open(open: bool) -> Result<(), Errno> {
    nix::sys::prctl::set_dumpable(open)
}

/// Asks to be killed when the parent ends.
pub(super) fn end_with_parent() -> Result<(), Errno> {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)
}

/// Gives up every capability, and the means to get one back.
///
/// # Errors
/// When the kernel refuses.
pub(super) fn drop_capabilities() -> Result<(), Errno> {
    for capability in 0..64 {
        // SAFETY: this request takes a number only. One that this kernel does not know answers EINVAL, and is the last.
        if unsafe { libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0) } != 0 {
            match Errno::last() {
                Errno::EINVAL => break,
                errno => return Err(errno),
            }
        }
    }
    // `_LINUX_CAPABILITY_VERSION_3`, this process; then twice effective, permitted and inheritable (`capset(2)`).
    let header = [0x2008_0522_u32, 0];
    let none = [0_u32; 6];
    // SAFETY: the kernel reads two words from `header` and, for this version, six from `none`.
    let set = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) };
    Errno::result(set).map(drop)
}

/// The id of a run in a namespace with this map (`user_namespaces(7)`): the free one where that is mapped, else one of the
/// last that are. None where there is no other than root's.
fn mapped(map: &str, pid: u32) -> Option<u32> {
    let ranges: Vec<(u32, u32)> = map
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace().map(str::parse::<u32>);
            let (first, _, count) = (words.next()?, words.next()?, words.next()?);
            Some((first.ok()?, count.ok()?))
        })
        .collect();
    let wanted = FIRST + pid;
    let holds = |(first, count): &(u32, u32)| wanted >= *first && wanted - first < *count;
    if ranges.iter().any(holds) {
        return Some(wanted);
    }
    let (first, count) = ranges.into_iter().max_by_key(|(_, count)| *count)?;
    // The upper half: a distribution's own users are below, and so is root.
    let half = count / 2;
    (half > 0).then(|| first + count - 1 - pid % half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_an_id_that_nobody_else_has() {
        assert_eq!(mapped("0 0 4294967295\n", 7), Some(FIRST + 7));
        // A container of a user who may use 65,536 ids.
        assert_eq!(mapped("0 1000 1\n1 100000 65536\n", 7), Some(65536 - 7));
        assert_eq!(mapped("0 1000 1\n", 7), None);
        assert_eq!(mapped("", 7), None);
    }
}
