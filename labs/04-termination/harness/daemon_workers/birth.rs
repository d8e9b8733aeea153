//! Holds the main program and its first child where the child has no arrangement for its parent's end yet.
//!
//! The main program is held in `fork(2)` itself, before it returns there, and is killed in it. The child is held either in `fork` as well,
//! or where it is about to call `prctl(2)` with PR_SET_PDEATHSIG; it goes on when its parent is gone, each time. The first is
//! done by pthread_atfork(3), the C library's own hook for that place; the second by a definition of `prctl`, which the linker
//! finds before that of the library.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::libc::{self, c_int, c_ulong};
use nix::unistd::{getpid, pause};

use super::BORN;
use crate::wire::{Receiver, Sender};

/// Where the child is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In `fork`: before its first instruction.
    Fork,
    /// Before it asks for a signal at its parent's end.
    Prctl,
}

/// What the child needs to report and to wait.
struct Hold {
    place: Place,
    reports: Sender,
    gate: Receiver,
}

static HOLD: OnceLock<Hold> = OnceLock::new();

/// Set in the child: its own children are not held.
static IS_BORN: AtomicBool = AtomicBool::new(false);

/// Whether the child has been held.
static IS_PAST: AtomicBool = AtomicBool::new(false);

/// From now on the calling process is held in its first fork, and so is the child, at this place, until it hears a word.
pub(super) fn hold_both(place: Place, reports: Sender, gate: Receiver) {
    let _ = HOLD.set(Hold {
        place,
        reports,
        gate,
    });
    // SAFETY: the handlers are functions of this program, which stay where they are.
    unsafe { libc::pthread_atfork(None, Some(hold_parent), Some(be_born)) };
}

extern "C" fn hold_parent() {
    if !IS_BORN.load(Ordering::Relaxed) {
        loop {
            pause();
        }
    }
}

extern "C" fn be_born() {
    if !IS_BORN.swap(true, Ordering::Relaxed) {
        hold_child(Place::Fork);
    }
}

/// Reports that the child is born and has come to the place where it is to be held, and waits for a word.
fn hold_child(place: Place) {
    let is_born = IS_BORN.load(Ordering::Relaxed);
    let Some(hold) = HOLD.get().filter(|hold| is_born && hold.place == place) else {
        return;
    };
    if !IS_PAST.swap(true, Ordering::Relaxed) {
        let pid = getpid().as_raw().cast_unsigned();
        let _ = hold.reports.send([BORN, 0, pid]);
        let _ = hold.gate.receive();
    }
}

/// `prctl`, with a gate before PR_SET_PDEATHSIG.
///
/// # Safety
/// As that of the C library. It takes any number of arguments there; the kernel takes five.
#[unsafe(export_name = "prctl")]
pub unsafe extern "C" fn gated_prctl(
    option: c_int,
    second: c_ulong,
    third: c_ulong,
    fourth: c_ulong,
    fifth: c_ulong,
) -> c_int {
    if option == libc::PR_SET_PDEATHSIG {
        hold_child(Place::Prctl);
    }
    // SAFETY: the caller keeps what the call demands.
    let result = unsafe { libc::syscall(libc::SYS_prctl, option, second, third, fourth, fifth) };
    c_int::try_from(result).unwrap_or(-1)
}
