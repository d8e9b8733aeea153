//! Robust words: what the kernel does to a word when the process that it names dies.
//!
//! set_robust_list(2) tells the kernel where a process keeps its locks, so that it can release them at the process's end, however
//! that comes. The C library does this for its robust mutexes; here it is done for one word.

use std::cell::Cell;
use std::io;
use std::ptr;

use nix::libc;
use nix::unistd::{Pid, getpid};

use super::operation::{Action, Effect};
use super::{SharedU32, gate};

/// The part of a robust word that names its holder.
pub const TID_MASK: u32 = 0x3fff_ffff;
/// The bit by which processes tell the kernel, and each other, that somebody may sleep on the word.
pub const WAITERS: u32 = rustix::thread::futex::WAITERS;
/// The bit that the kernel sets when the holder has died.
pub const OWNER_DIED: u32 = rustix::thread::futex::OWNER_DIED;

/// What the kernel reads at the end of a process, see the kernel's `robust_list_head`.
#[repr(C)]
struct Head {
    /// The first lock of a list, or the head itself where the list is empty.
    list: *const Head,
    /// How far the word of a lock is from its place in the list.
    offset: libc::c_long,
    /// A lock that is about to be taken or given back, and so may or may not be held.
    pending: *const Head,
}

thread_local! {
    /// The process that watches, and the address of its word: a child does not inherit this from its parent.
    static WATCHED: Cell<(i32, usize)> = const { Cell::new((0, 0)) };
}

/// The number of the calling process, as a robust word has it.
#[must_use]
pub fn own_tid() -> u32 {
    Pid::as_raw(getpid()).cast_unsigned() & TID_MASK
}

/// From now on the kernel looks at this word when the calling process ends, in whatever way.
///
/// - If the word names this process (`TID_MASK`), its number is taken out and [`OWNER_DIED`] set; [`WAITERS`] stays. If `WAITERS` was
///   set, one sleeper is woken.
/// - If the word names nobody, one sleeper is woken: the process may have died between giving the lock back and the wake-up.
/// - If it names another process, nothing is done.
///
/// A process watches one word; calling this again for the same one costs nothing.
#[track_caller]
pub fn watch(word: &SharedU32) -> io::Result<()> {
    let address = (&raw const *word).addr();
    let own = (getpid().as_raw(), address);
    if WATCHED.get() == own {
        return Ok(());
    }
    // A process can die before it has told the kernel, too.
    let gated = gate::pass(Action::Watch, address, [0; 2]);
    // The kernel reads it when the process ends, so it is never freed.
    let head = Box::leak(Box::new(Head {
        list: ptr::null(),
        offset: 0,
        pending: ptr::null(),
    }));
    let place = ptr::from_ref(head);
    head.list = place;
    head.pending = place;
    head.offset = address.wrapping_sub(place.addr()).cast_signed() as libc::c_long;
    // SAFETY: the head stays where it is, and the list in it is empty. The word is an atomic that others may change at any time, and
    // the kernel looks at it only when nothing of this process runs any more. The C library's own list, which this replaces, is for
    // its robust mutexes.
    let result = unsafe { libc::syscall(libc::SYS_set_robust_list, place, size_of::<Head>()) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    WATCHED.set(own);
    if gated {
        gate::done(0, Effect::Change);
    }
    Ok(())
}
