//! Holds the main program and its first child at the child's birth: in `fork(2)` itself, before it returns in either of them.
//!
//! pthread_atfork(3) is the C library's own hook for that place. The main program is killed there, and the child goes on when it is
//! gone: so that has happened before the child executes its first instruction, each time.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::libc;
use nix::unistd::{getpid, pause};

use super::BORN;
use crate::wire::{Receiver, Sender};

static WIRES: OnceLock<(Sender, Receiver)> = OnceLock::new();

/// From now on the first child that the calling process forks reports its birth, and waits for a word; the calling process waits for
/// its end.
pub(super) fn hold_both(reports: Sender, gate: Receiver) {
    let _ = WIRES.set((reports, gate));
    // SAFETY: the handlers are functions of this program, which stay where they are.
    unsafe { libc::pthread_atfork(None, Some(hold_parent), Some(hold_child)) };
}

extern "C" fn hold_parent() {
    if !IS_BORN.load(Ordering::Relaxed) {
        loop {
            pause();
        }
    }
}

extern "C" fn hold_child() {
    // The children of the child are not held.
    if IS_BORN.swap(true, Ordering::Relaxed) {
        return;
    }
    if let Some((reports, gate)) = WIRES.get() {
        let pid = getpid().as_raw().cast_unsigned();
        let _ = reports.send([BORN, 0, pid]);
        let _ = gate.receive();
    }
}

/// Set in the child.
static IS_BORN: AtomicBool = AtomicBool::new(false);
