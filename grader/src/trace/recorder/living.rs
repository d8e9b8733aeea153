//! What is known of processes and threads only while they live, and of the call that a thread is in.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::record::{Micros, ProcessId};
use crate::trace::calls::Known;
use crate::trace::objects::Descriptors;
use crate::trace::registers;
use crate::trace::stop::{self, Call};

/// What is known of the processes that live, by their place among all.
#[derive(Debug, Default)]
pub(super) struct Living(Vec<Option<Live>>);

impl Living {
    pub(super) fn get(&self, process: ProcessId) -> Option<&Live> {
        self.0.get(process)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, process: ProcessId) -> Option<&mut Live> {
        self.0.get_mut(process)?.as_mut()
    }

    pub(super) fn insert(&mut self, process: ProcessId, live: Live) {
        if self.0.len() <= process {
            self.0.resize_with(process + 1, || None);
        }
        self.0[process] = Some(live);
    }

    pub(super) fn remove(&mut self, process: ProcessId) -> Option<Live> {
        self.0.get_mut(process)?.take()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Live> {
        self.0.iter().flatten()
    }
}

/// What is known of a process only while it lives.
#[derive(Debug, Clone, Default)]
pub(super) struct Live {
    pub(super) descriptors: Descriptors,
    /// Whether the kernel discards its children when they end.
    pub(super) ignores_children: bool,
    /// Whether a signal has stopped it.
    pub(super) stopped: bool,
    /// When its timers expire (those of `timer_create(2)` by id) and its alarm comes (without one), where they are set. A child
    /// does not inherit them.
    pub(super) alarms: BTreeMap<Option<i32>, Instant>,
    /// Its parent now; `None` where that is the runner.
    pub(super) parent: Option<ProcessId>,
    /// Its children that nobody has waited for, those included that it has adopted.
    pub(super) children: BTreeSet<ProcessId>,
    /// The CPU time of the children that it waited for, which the kernel adds to its own.
    pub(super) reaped_cpu: Duration,
}

/// A thread that is traced.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) process: ProcessId,
    pub(super) call: Option<InCall>,
    /// A call that a signal has interrupted: the kernel will begin it again, or tell the program of EINTR. Which of
    /// the two shows in what the thread does next.
    pub(super) interrupted: Option<InCall>,
    /// Whether it has reported that it is about to end.
    pub(super) leaving: bool,
}

impl Thread {
    pub(super) fn of(process: ProcessId) -> Self {
        Self {
            process,
            call: None,
            interrupted: None,
            leaving: false,
        }
    }
}

/// A call that a thread is in.
#[derive(Debug)]
pub(super) struct InCall {
    pub(super) known: &'static Known,
    pub(super) call: Call,
    pub(super) at: Micros,
    /// The path that it names, read before the call could change it.
    pub(super) path: Option<String>,
    /// Whether it is to make an object of the host that was not there.
    pub(super) is_to_make: bool,
    /// What an intervention has changed of it.
    pub(super) changed: Changed,
}

/// What an intervention has changed of a call, to be put right when it returns.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// What it is to return; it was not made.
    pub(super) result: Option<i64>,
    /// The argument that it was given, and its place.
    pub(super) given: Option<(usize, u64)>,
    /// The time that it was given, and its address.
    pub(super) time: Option<(u64, [u64; 2])>,
}

impl Changed {
    /// Gives a thread whose call has returned the registers and the memory that it expects, and returns the result.
    pub(super) fn put_right(&self, thread: i32, result: i64) -> i64 {
        if self.result.is_some() || self.given.is_some() {
            // An error means that it was killed in the meantime: nobody looks at its registers any more.
            let _ = registers::finish(thread, self.result, self.given);
        }
        if let Some((address, time)) = self.time {
            // The same goes for its memory.
            let _ = stop::write_words(thread, address, time);
        }
        self.result.unwrap_or(result)
    }
}

/// A call that has returned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Return<'a> {
    pub(super) thread: i32,
    pub(super) process: ProcessId,
    pub(super) call: &'a InCall,
    pub(super) result: i64,
    pub(super) until: Micros,
}

impl Return<'_> {
    /// An argument.
    pub(super) fn argument(&self, place: usize) -> u64 {
        self.call.call.arguments[place]
    }

    /// An argument as the `int` that the call takes it for: its lower half.
    pub(super) fn int(&self, place: usize) -> i32 {
        int(self.argument(place))
    }

    /// The result as a descriptor or a process id.
    pub(super) fn number(&self) -> i32 {
        i32::try_from(self.result).unwrap_or(-1)
    }
}

/// An argument as the `int` that the call takes it for: its lower half.
pub(in crate::trace) fn int(argument: u64) -> i32 {
    let [a, b, c, d, ..] = argument.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}
