//! Calls that begin, and what interventions do to them there.

use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Recorder;
use super::living::{Changed, InCall, int};
use super::timeouts;
use super::words::erroneous;
use crate::record::{Event, Micros, ProcessId, What};
use crate::trace::calls::{self, About, Does, Known};
use crate::trace::interventions::{Act, has_length};
use crate::trace::stop::Call;
use crate::trace::{guard, memory, registers};

impl Recorder {
    /// Takes note of a call that begins, and does what is due there. Returns how long the thread is to stand still before it.
    pub(super) fn enter(&mut self, thread: i32, call: Call) -> Option<Duration> {
        let known = calls::known(call.number).unwrap_or(&calls::UNKNOWN);
        let at = self.now();
        let path = path_argument(known, &call).and_then(|address| memory::text(thread, address));
        let is_to_make = self.is_to_make(known.does, &call, path.as_deref());
        let it = self.threads.get_mut(thread)?;
        let process = it.process;
        let begun = InCall {
            known,
            call,
            at,
            path,
            is_to_make,
            changed: Changed::default(),
        };
        match it.interrupted.take() {
            None => it.call = Some(begun),
            Some(same) if same.call == call || call.number == libc::SYS_restart_syscall => {
                it.call = Some(same);
            }
            Some(told) => {
                it.call = Some(begun);
                self.note_interrupted(process, &told, at);
            }
        }
        if guard::reaches_out(thread, &call, self) {
            self.refuse(thread);
            return None;
        }
        if self.looks_at_memory {
            self.look_before(process, known.does, &call);
        }
        let act = self.due(process, known, &call);
        if let Some(act) = act {
            return self.intervene(thread, act, known.name);
        }
        if self.is_over(thread, process, known, &call)
            && let Some(call) = self.threads.get_mut(thread)?.call.take()
        {
            self.returned(thread, call, 0);
        }
        None
    }

    /// What is to be done to a process that begins a call.
    fn due(&mut self, process: ProcessId, known: &Known, call: &Call) -> Option<Act> {
        if self.interventions.is_empty() {
            return None;
        }
        if known.about == About::Descriptor {
            // The loader reads libraries before the program has begun: what is no object of the run does not count.
            self.held(process, int(call.arguments[0]))?;
        }
        let place = self.place(process);
        self.interventions.due(process, &place, known.name)
    }

    /// Whether all that there is to know of a call is known at its beginning, because it neither waits nor fails: then its
    /// thread need not stop once more at its end.
    fn is_over(&self, thread: i32, process: ProcessId, known: &Known, call: &Call) -> bool {
        let [first, second, ..] = call.arguments;
        match known.does {
            Does::Yield | Does::Unmap => true,
            // Of a descriptor that is not known nobody knows whether it is open.
            Does::Close => {
                let live = self.live.get(process);
                live.is_some_and(|it| it.descriptors.is_open(int(first)))
            }
            // They fail when the address is wrong, and the second when the first argument is.
            Does::SetAction => memory::bytes::<16>(thread, second).is_some(),
            Does::SetMask => {
                let is_known = (libc::SIG_BLOCK..=libc::SIG_SETMASK).contains(&int(first));
                is_known && memory::bytes::<8>(thread, second).is_some()
            }
            _ => false,
        }
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
        let it = self.threads.get_mut(thread)?;
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
                let asked = registers::set_argument(thread, 2, bytes).ok()?;
                call.changed.given = Some((2, asked));
            }
            Act::Expire => timeouts::expire(thread, call)?,
        }
        let what = act.in_words(name);
        let meanwhile = Vec::new();
        self.note(thread, What::Intervention { what, meanwhile });
        hold
    }

    /// Lets the call that a thread is about to make fail with EPERM.
    fn refuse(&mut self, thread: i32) {
        // An error means that the thread was killed in the meantime: it makes no call any more.
        if registers::fail(thread).is_ok()
            && let Some(call) = self.threads.get_mut(thread).and_then(|it| it.call.as_mut())
        {
            call.changed.result = Some(-i64::from(libc::EPERM));
        }
    }

    /// The program was told that a signal has interrupted its call.
    fn note_interrupted(&mut self, process: ProcessId, call: &InCall, until: Micros) {
        let what = erroneous(call, self.live.get(process), Errno::EINTR);
        self.push(Event {
            at: call.at,
            until: Some(until),
            process,
            what,
        });
    }
}

/// The address of the path that a call names, or of the name that it sets.
fn path_argument(known: &Known, call: &Call) -> Option<u64> {
    let sets_name = || int(call.arguments[0]) == libc::PR_SET_NAME;
    match known.about {
        About::Path(place) => call.arguments.get(place).copied(),
        _ if known.does == Does::SetProperty && sets_name() => Some(call.arguments[1]),
        _ => None,
    }
}
