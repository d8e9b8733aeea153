//! Births of processes and threads, and programs that they execute.
//!
//! A birth is reported by the parent's stop; the newborn's own first stop may come before. Where the parent is killed in the middle of
//! its fork, the report may never come: then the newborn is found out about in `/proc`.

use std::fs;
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Recorder;
use super::living::{InCall, Live, Thread};
use crate::record::{Event, Process, ProcessId, What};
use crate::trace::calls::Does;
use crate::trace::memory;
use crate::trace::stop::Until;

/// After this time the report of a birth will not come any more: all that was reported has been taken.
const LONGEST_BIRTH: Duration = Duration::from_millis(100);

impl Recorder {
    pub(super) fn birth(&mut self, parent: i32, new: i32) {
        let Some(parent_process) = self.threads.get(parent).map(|thread| thread.process) else {
            return;
        };
        let call = self.threads.get(parent).and_then(|it| it.call.as_ref());
        let flags = call.and_then(|call| birth_flags(parent, call));
        if let Some((process, event)) = self.early.remove(new)
            && self.processes[process].pid == new
        {
            self.correct_parent(process, parent_process, event);
            return;
        }
        if self.threads.contains(new) {
            return;
        }
        let is_thread = match flags {
            Some(flags) => flags & u64_of(libc::CLONE_THREAD) != 0,
            None => group_of(new) == Some(self.processes[parent_process].pid),
        };
        let process = if is_thread {
            self.processes[parent_process].threads += 1;
            parent_process
        } else {
            self.new_process(parent_process, new)
        };
        self.threads.insert(new, Thread::of(process));
        // What the call did is known, and of its return there is nothing to see; but who called vfork waits in it.
        if let Some(it) = self.threads.get_mut(parent)
            && flags.is_some_and(|flags| flags & u64_of(libc::CLONE_VFORK) == 0)
        {
            it.call = None;
        }
        if self.ending {
            // It stands still at its birth, so its number is its own.
            let _ = kill(Pid::from_raw(new), Signal::SIGKILL);
        }
        if let Some((stop, _)) = self.unborn.remove(new) {
            stop.resume(Until::NextStop);
        }
    }

    /// Lets those go on whose birth nobody will report any more: their parent was killed in the middle of its fork.
    pub(super) fn free_unborn(&mut self) {
        let waited = |since: &Instant| since.elapsed() >= LONGEST_BIRTH;
        let lost: Vec<i32> = self
            .unborn
            .iter()
            .filter(|(_, (_, since))| waited(since))
            .map(|(pid, _)| pid)
            .collect();
        for pid in lost {
            self.discover(pid);
            if let Some((stop, _)) = self.unborn.remove(pid) {
                stop.resume(Until::NextStop);
            }
        }
    }

    /// A thread whose birth has not been reported, and perhaps never will be, because its parent was killed in the middle
    /// of its fork. Who that was may no longer show; then it is the process that it was left to.
    pub(super) fn discover(&mut self, pid: i32) {
        let group = group_of(pid).filter(|group| *group != pid);
        if let Some(process) = group.and_then(|group| self.process_of_pid(group)) {
            self.processes[process].threads += 1;
            self.threads.insert(pid, Thread::of(process));
            return;
        }
        let parent = parent_of(pid).and_then(|pid| self.process_of_pid(pid));
        let event = self.events.len();
        let process = self.new_process(parent.unwrap_or(0), pid);
        self.threads.insert(pid, Thread::of(process));
        self.early.insert(pid, (process, event));
    }

    /// The report of a birth has come after all.
    fn correct_parent(&mut self, child: ProcessId, parent: ProcessId, event: usize) {
        let former = self.processes[child].parent.replace(parent);
        if former == Some(parent) {
            return;
        }
        if let Some(event) = self.events.get_mut(event) {
            event.process = parent;
        }
        if let Some(live) = former.and_then(|former| self.live.get_mut(former)) {
            live.children.remove(&child);
        }
        if let Some(live) = self.live.get_mut(child) {
            live.parent = Some(parent);
        }
        if let Some(live) = self.live.get_mut(parent) {
            live.children.insert(child);
        }
    }

    fn new_process(&mut self, parent: ProcessId, pid: i32) -> ProcessId {
        let born = self.now();
        let child = self.processes.len();
        self.processes.push(Process {
            pid,
            parent: Some(parent),
            born,
            end: None,
            reaped: None,
            cpu: 0,
            threads: 0,
        });
        self.cpu.push(Duration::ZERO);
        let mut live = Live {
            parent: Some(parent),
            ..Live::default()
        };
        if let Some(parent) = self.live.get_mut(parent) {
            live.descriptors = parent.descriptors.clone();
            live.ignores_children = parent.ignores_children;
            parent.children.insert(child);
        }
        self.live.insert(child, live);
        self.by_pid.insert(pid, child);
        self.push(Event {
            at: born,
            until: None,
            process: parent,
            what: What::Fork { child },
        });
        child
    }

    /// The first thread of the process runs a new program; all others have gone.
    pub(super) fn exec(&mut self, thread: i32, former: i32) {
        let Some(process) = self.threads.get(thread).map(|it| it.process) else {
            return;
        };
        let caller = if former == thread {
            None
        } else {
            self.threads.remove(former)
        };
        let call = caller.and_then(|it| it.call);
        self.threads
            .keep(|id, it| id == thread || it.process != process);
        if former != thread
            && let Some(it) = self.threads.get_mut(thread)
        {
            // The caller has taken the place and the id of the first thread, which has gone.
            *it = Thread {
                call,
                ..Thread::of(process)
            };
        }
        self.leaving = self.threads.iter().filter(|(_, it)| it.leaving).count();
        if let Some(live) = self.live.get_mut(process) {
            live.descriptors.exec();
            live.alarms.retain(|timer, _| timer.is_none());
        }
        // Nothing is left to see of the call's return.
        let call = self.threads.get_mut(thread).and_then(|it| it.call.take());
        let program = call.and_then(|call| call.path).unwrap_or_default();
        self.note(thread, What::Exec { program });
    }
}

/// The flags of a call that makes a process or a thread, as `clone(2)` has them.
fn birth_flags(thread: i32, call: &InCall) -> Option<u64> {
    let first = call.call.arguments[0];
    match call.known.does {
        Does::Fork => Some(0),
        Does::Vfork => Some(u64_of(libc::CLONE_VFORK)),
        Does::Clone => Some(first),
        // They are the first field of what its argument points to.
        Does::Clone3 => memory::bytes(thread, first).map(u64::from_ne_bytes),
        _ => None,
    }
}

/// The process that a thread belongs to.
pub(super) fn group_of(thread: i32) -> Option<i32> {
    status_field(thread, "Tgid:")
}

pub(super) fn parent_of(pid: i32) -> Option<i32> {
    status_field(pid, "PPid:")
}

fn status_field(pid: i32, name: &str) -> Option<i32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().parse().ok()
}

fn u64_of(flag: libc::c_int) -> u64 {
    u64::from(flag.cast_unsigned())
}
