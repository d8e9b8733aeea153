//! Which objects of the host the run made: message queues and System V objects that were not there before its call.
//!
//! The kernel does not keep who made them, or shows them to nobody. Whoever removes what a run left has to know, because the
//! same user's other programs make such objects too.

use std::collections::{BTreeSet, HashSet};
use std::ffi::CString;

use nix::errno::Errno;
use nix::libc;

use super::Recorder;
use super::living::{InCall, Return, int};
use crate::trace::calls::Does;
use crate::trace::stop::Call;
use crate::trace::system_v::{self, Kind};

/// What the run made on the host.
#[derive(Debug, Default)]
pub struct Made {
    /// System V objects, by kind and number.
    pub system_v: HashSet<(Kind, i32)>,
    /// Message queues by name, as the kernel has it: those that were not removed.
    pub queues: BTreeSet<String>,
}

impl Recorder {
    /// Whether the call that begins is to make an object that is not there yet. In namespaces of the run's own nobody asks.
    pub(super) fn is_to_make(&self, does: Does, call: &Call, path: Option<&str>) -> bool {
        if !self.is_among_others {
            return false;
        }
        match does {
            Does::OpenSystemV => system_v_call(call).is_some_and(|(kind, flags)| {
                let key = int(call.arguments[0]);
                let is_there = || system_v::all().iter().any(|it| it.is(kind, key));
                key == libc::IPC_PRIVATE || flags & libc::IPC_CREAT != 0 && !is_there()
            }),
            Does::OpenQueue => {
                let creates = int(call.arguments[1]) & libc::O_CREAT != 0;
                creates && path.is_some_and(|name| !is_queue(name))
            }
            _ => false,
        }
    }

    /// Takes note of an object that a call has made; or of a queue also where it failed: Landlock refuses to open one that it has
    /// let be made.
    pub(super) fn note_made(&mut self, call: &InCall, result: i64) {
        if !call.is_to_make {
            return;
        }
        match (call.known.does, system_v_call(&call.call), &call.path) {
            (Does::OpenSystemV, Some((kind, _)), _) => {
                if let Ok(number @ 0..) = i32::try_from(result) {
                    self.made.system_v.insert((kind, number));
                }
            }
            (Does::OpenQueue, _, Some(name)) if is_queue(name) => {
                self.made.queues.insert(name.clone());
            }
            _ => {}
        }
    }

    /// A message queue has been removed.
    pub(super) fn removed_queue(&mut self, it: &Return<'_>) {
        if let Some(name) = &it.call.path {
            self.made.queues.remove(name);
        }
        self.show(it);
    }
}

/// The kind of object and the flags of such a call.
fn system_v_call(call: &Call) -> Option<(Kind, i32)> {
    let [_, second, third, ..] = call.arguments;
    match call.number {
        libc::SYS_shmget => Some((Kind::Memory, int(third))),
        libc::SYS_semget => Some((Kind::Semaphores, int(third))),
        libc::SYS_msgget => Some((Kind::Queue, int(second))),
        _ => None,
    }
}

/// Whether there is a message queue of this name, wherever queues are mounted.
fn is_queue(name: &str) -> bool {
    let Ok(name) = CString::new(name) else {
        return false;
    };
    let flags = libc::O_RDONLY | libc::O_CLOEXEC | libc::O_NONBLOCK;
    // The kernel reads the attributes also where nothing is to be made.
    let no_attributes: *const libc::mq_attr = std::ptr::null();
    // SAFETY: the name ends with NUL, for the duration of the call.
    let queue = unsafe { libc::syscall(libc::SYS_mq_open, name.as_ptr(), flags, 0, no_attributes) };
    match Errno::result(queue) {
        Ok(queue) => {
            // SAFETY: the descriptor is new, and nobody else's.
            unsafe { libc::syscall(libc::SYS_close, queue) };
            true
        }
        Err(errno) => errno != Errno::ENOENT,
    }
}
