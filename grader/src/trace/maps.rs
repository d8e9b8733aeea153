//! The memory of a process, region by region, as `/proc/PID/maps` shows it (`proc_pid_maps(5)`).

use std::fs;

use nix::libc;

/// A region of a process's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Where it begins.
    pub start: u64,
    /// Where it ends.
    pub end: u64,
    /// Whether what is written there is seen by others (MAP_SHARED).
    pub is_shared: bool,
    /// Where in the file it begins.
    pub offset: u64,
    /// Device and inode of the file; shared memory without a name has those of a file that nobody can open.
    pub identity: (u64, u64),
    /// The file's path; empty where there is none.
    pub path: String,
}

impl Region {
    /// All of them, by address; none of a process that has gone.
    #[must_use]
    pub fn all(pid: i32) -> Vec<Self> {
        let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
        maps.lines().filter_map(Self::parse).collect()
    }

    /// The one that an address is in.
    #[must_use]
    pub fn at(pid: i32, address: u64) -> Option<Self> {
        let mut all = Self::all(pid).into_iter();
        all.find(|it| (it.start..it.end).contains(&address))
    }

    /// `7f00-7f10 rw-s 00001000 00:01 4711   /dev/zero (deleted)`
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(6, ' ');
        let (start, end) = words.next()?.split_once('-')?;
        let long = |text| u64::from_str_radix(text, 16).ok();
        let rights = words.next()?;
        let offset = long(words.next()?)?;
        let (major, minor) = words.next()?.split_once(':')?;
        let number = |text| u32::from_str_radix(text, 16).ok();
        let device = libc::makedev(number(major)?, number(minor)?);
        let inode = words.next()?.parse().ok()?;
        let path = words.next().unwrap_or_default().trim();
        // The kernel names memory without a file by a file that it is not.
        let is_file = !path.starts_with("/dev/zero") && !path.starts_with("/SYSV");
        Some(Self {
            start: long(start)?,
            end: long(end)?,
            is_shared: rights.ends_with('s'),
            offset,
            identity: (device, inode),
            path: if is_file {
                path.to_owned()
            } else {
                String::new()
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_all_forms_are_read() {
        let anonymous = Region::parse("7f00-7f10 rw-s 00001000 00:01 4711   /dev/zero (deleted)");
        let anonymous = anonymous.unwrap();
        assert_eq!((anonymous.start, anonymous.end), (0x7f00, 0x7f10));
        assert_eq!(anonymous.identity, (1, 4711));
        assert!(anonymous.is_shared && anonymous.path.is_empty());
        let named = Region::parse("0-1000 r--p 00000000 fe:00 9   /a file with spaces").unwrap();
        assert_eq!(named.path, "/a file with spaces");
        assert!(!named.is_shared);
        assert_eq!(
            Region::parse("0-1000 rw-p 00000000 00:00 0").unwrap().path,
            ""
        );
        assert_eq!(Region::parse("no line"), None);
    }
}
