//! Where memory is: which object stands behind an address, and whether its memory is shared.
//!
//! Two processes can have one object at different addresses, and different objects at one address. So what they share is judged
//! by what the kernel says in `/proc/self/maps` (proc_pid_maps(5)), and never by the address alone.

use std::ffi::c_void;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::slice;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc::{major, minor};
use nix::sys::statvfs::statvfs;
use nix::unistd::{pipe2, write};

/// The place of some memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Whether it is mapped shared.
    pub(crate) is_shared: bool,
    /// The object's device: major and minor number.
    pub(crate) device: u64,
    /// The object's inode; 0 where there is none.
    pub(crate) inode: u64,
    /// Where in the object the memory begins, in bytes.
    pub(crate) offset: u64,
}

impl Place {
    /// The place of a value's first byte; `None` where the kernel does not say.
    pub(crate) fn of<T: ?Sized>(value: &T) -> Option<Self> {
        let address = std::ptr::from_ref(value).cast::<u8>().addr() as u64;
        let maps = fs::read_to_string("/proc/self/maps").ok()?;
        maps.lines().find_map(|line| within(line, address))
    }

    /// Whether two processes that have these places have the same memory.
    pub(crate) fn is_same_memory_as(&self, other: &Self) -> bool {
        self.is_shared && self == other
    }

    /// As the numbers of a note.
    pub(crate) fn to_numbers(self) -> [u64; 4] {
        [
            u64::from(self.is_shared),
            self.device,
            self.inode,
            self.offset,
        ]
    }

    /// From the numbers of a note.
    pub(crate) fn from_numbers([shared, device, inode, offset]: [u64; 4]) -> Self {
        Self {
            is_shared: shared != 0,
            device,
            inode,
            offset,
        }
    }
}

/// Says on standard error what to do if memory is in `/dev/shm` and so large that there is no room for it. Touching it would raise
/// SIGBUS in the middle, though the object has its size.
pub(crate) fn report_lack_of_room<T>(array: &[T]) {
    let bytes = size_of_val(array) as u64;
    let (Some(place), Ok(folder), Ok(room)) = (
        Place::of(array),
        fs::metadata("/dev/shm"),
        statvfs("/dev/shm"),
    ) else {
        return;
    };
    let device = u64::from(major(folder.dev())) << 32 | u64::from(minor(folder.dev()));
    let available = room.blocks_available() * room.fragment_size();
    if place.is_shared && place.device == device && available < bytes {
        let (needed, available) = (bytes.div_ceil(1 << 20), available >> 20);
        eprintln!(
            "/dev/shm has room for {available} MiB, and the array needs {needed}: take memfd_create or an anonymous mapping, or make room (docker run --shm-size)"
        );
    }
}

/// The place of an address, if it is within the mapping that a line describes:
/// `7f0000000000-7f0000001000 rw-s 00000000 00:01 4711 /memfd:array (deleted)`.
fn within(line: &str, address: u64) -> Option<Place> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let hexadecimal = |word: &str| u64::from_str_radix(word, 16).ok();
    let (start, end) = (hexadecimal(start)?, hexadecimal(end)?);
    let (access, offset) = (words.next()?, hexadecimal(words.next()?)?);
    let (major, minor) = words.next()?.split_once(':')?;
    let inode = words.next()?.parse().ok()?;
    (start..end).contains(&address).then_some(Place {
        is_shared: access.ends_with('s'),
        device: hexadecimal(major)? << 32 | hexadecimal(minor)?,
        inode,
        offset: offset + (address - start),
    })
}

/// Whether memory can be read: behind the end of its object there is none, and who touches it gets SIGBUS.
///
/// The kernel is asked to copy a byte: where that raises a signal in a process, the kernel's own attempt only fails.
pub(crate) fn can_be_touched(byte: *const c_void) -> bool {
    let Ok((_read_end, write_end)): Result<(OwnedFd, OwnedFd), Errno> = pipe2(OFlag::O_CLOEXEC)
    else {
        return true;
    };
    // SAFETY: the address is inside a slice of the caller; its memory is looked at by the kernel only, which checks it.
    let bytes = unsafe { slice::from_raw_parts(byte.cast::<u8>(), 1) };
    write(&write_end, bytes) != Err(Errno::EFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_maps_tells_the_place() {
        let line = "7f0000000000-7f0000002000 rw-s 00003000 00:1f 4711 /dev/shm/array";
        let place = within(line, 0x7f00_0000_0010).unwrap();
        assert!(place.is_shared);
        assert_eq!((place.device, place.inode), (0x1f, 4711));
        assert_eq!(place.offset, 0x3010);
        assert_eq!(within(line, 0x7f00_0000_2000), None);
        let line = "7f0000000000-7f0000002000 rw-p 00000000 00:00 0";
        assert!(!within(line, 0x7f00_0000_0000).unwrap().is_shared);
    }

    #[test]
    fn the_stack_is_not_shared() {
        let value = 7_u64;
        let place = Place::of(&value).unwrap();
        assert!(!place.is_shared && !place.is_same_memory_as(&place));
        assert!(can_be_touched((&raw const value).cast()));
    }
}
