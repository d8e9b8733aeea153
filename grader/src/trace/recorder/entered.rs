//! Calls that begin, and what interventions do to them there.

use std::time::Duration;

use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Recorder;
use super::living::{Changed, InCall};
use super::words::{int, interrupted, is_about_descriptor};
use crate::record::{Event, Micros, ProcessId, What};
use crate::trace::interventions::{Act, has_length};
use crate::trace::stop::{Call, Stop};
use crate::trace::{calls, guard, memory, registers};

impl Recorder {
    /// Takes note of a call that begins, and does what is due there. Returns how long the thread is to stand still before it.
    pub(super) fn enter(&mut self, stop: &Stop) -> Option<Duration> {
        let call = stop.call()?;
        let at = self.now();
        let name = calls::name(call.number).unwrap_or("call");
        let path = path_argument(name, &call).and_then(|address| memory::text(stop.pid(), address));
        let thread = self.threads.get_mut(&stop.pid())?;
        let process = thread.process;
        let interrupted = thread.interrupted.take();
        let again = |it: &InCall| it.call == call || call.number == libc::SYS_restart_syscall;
        let (resumed, told) = match interrupted {
            Some(it) if again(&it) => (Some(it), None),
            other => (None, other),
        };
        thread.call = resumed.or(Some(InCall {
            name,
            call,
            at,
            path,
            changed: Changed::default(),
        }));
        if let Some(told) = told {
            self.note_interrupted(process, &told, at);
        }
        if self.is_guarded && guard::reaches_out(stop.pid(), &call, self) {
            self.refuse(stop.pid());
            return None;
        }
        if self.interventions.is_empty() {
            return None;
        }
        if is_about_descriptor(name) {
            // The loader reads libraries before the program has begun: what is no object of the run does not count.
            self.held(process, int(call.arguments[0]))?;
        }
        let act = self
            .interventions
            .due(process, &self.place(process), name)?;
        self.intervene(stop.pid(), act, name)
    }

    /// The numbers of the children on the way from the program to a process.
    fn place(&self, process: ProcessId) -> Vec<usize> {
        let mut place = Vec::new();
        let mut at = process;
        while let Some(parent) = self.processes[at].parent {
            let older = self.processes[..at].iter();
            place.push(older.filter(|it| it.parent == Some(parent)).count() + 1);
            at = parent;
        }
        place.reverse();
        place
    }

    /// Does to a thread that is about to make a call what is due. Returns how long it is to stand still.
    fn intervene(&mut self, thread: i32, act: Act, name: &str) -> Option<Duration> {
        let it = self.threads.get_mut(&thread)?;
        let pid = Pid::from_raw(self.processes[it.process].pid);
        let call = it.call.as_mut()?;
        let mut hold = None;
        match act {
            Act::Hold(time) => hold = Some(time),
            // It stands still, so its number is its own. An error means that it was killed in the meantime.
            Act::Kill => drop(kill(pid, Signal::SIGKILL)),
            Act::Signal(signal) => {
                let signal = Signal::try_from(signal).ok()?;
                let _ = kill(pid, signal);
            }
            Act::Return(result) => {
                registers::fail(thread).ok()?;
                call.changed.result = Some(result);
            }
            Act::Short(bytes) => {
                if !has_length(call.call.number) || call.call.arguments[2] <= bytes {
                    return None;
                }
                call.changed.length = Some(registers::set_length(thread, bytes).ok()?);
            }
        }
        let what = act.in_words(name);
        self.note(thread, What::Intervention { what });
        hold
    }

    /// Lets the call that a thread is about to make fail with EPERM.
    fn refuse(&mut self, thread: i32) {
        // An error means that the thread was killed in the meantime: it makes no call any more.
        if registers::fail(thread).is_ok()
            && let Some(call) = self
                .threads
                .get_mut(&thread)
                .and_then(|it| it.call.as_mut())
        {
            call.changed.result = Some(-i64::from(libc::EPERM));
        }
    }

    /// The program was told that a signal has interrupted its call.
    fn note_interrupted(&mut self, process: ProcessId, call: &InCall, until: Micros) {
        let what = interrupted(call, self.live.get(&process));
        self.push(Event {
            at: call.at,
            until: Some(until),
            process,
            what,
        });
    }
}

/// The address of the path that a call names.
fn path_argument(name: &str, call: &Call) -> Option<u64> {
    let [first, second, ..] = call.arguments;
    let at_folder = [
        libc::SYS_openat,
        libc::SYS_mknodat,
        libc::SYS_unlinkat,
        libc::SYS_execveat,
        libc::SYS_renameat,
        libc::SYS_renameat2,
        libc::SYS_linkat,
    ];
    match name {
        "open" | "mknod" | "unlink" | "execve" | "execveat" | "rename" | "link" => {
            Some(if at_folder.contains(&call.number) {
                second
            } else {
                first
            })
        }
        "mq_open" | "mq_unlink" => Some(first),
        "prctl" if first == u64::try_from(libc::PR_SET_NAME).unwrap_or(0) => Some(second),
        _ => None,
    }
}
