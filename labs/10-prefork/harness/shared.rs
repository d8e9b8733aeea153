//! Memory that a program shares with the processes that it forks.
//!
//! The drivers keep their own notes in it, beside the pipes that the exercises are about.

use std::num::NonZeroUsize;

use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};

/// Types that several processes may use at once and that begin as zeros.
///
/// # Safety
///
/// A value whose bytes are all zero is valid, and every field is an atomic: another process can change it at any time.
pub(crate) unsafe trait Shareable: Sync {}

/// Maps a `T` of zeros that stays mapped, and shared, in every process forked from now on.
pub(crate) fn share<T: Shareable>() -> nix::Result<&'static T> {
    let length = NonZeroUsize::new(size_of::<T>()).unwrap_or(NonZeroUsize::MIN);
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is page-aligned, as large as a `T`, filled with zeros and never unmapped;
    // `Shareable` promises that zeros are a valid `T` and that changes from elsewhere are expected.
    Ok(unsafe { memory.cast::<T>().as_ref() })
}
