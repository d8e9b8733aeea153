//! What calls do to descriptors and objects, and the data that they move.

use nix::libc;

use super::Recorder;
use super::living::InCall;
use super::words::{detailed, int, int_of, plain};
use crate::record::{Direction, ObjectKind, ProcessId, What};
use crate::trace::objects::Held;

impl Recorder {
    pub(super) fn opened(
        &mut self,
        process: ProcessId,
        numbers: &[i32],
        hint: Option<ObjectKind>,
    ) -> Vec<What> {
        let pid = self.processes[process].pid;
        let mut what = Vec::new();
        for number in numbers {
            if let Some(held) = self.objects.look_up(pid, *number, hint) {
                what.push(self.holds(process, *number, held));
            }
        }
        what
    }

    /// `pipe2(ends, flags)`; the older call has no flags.
    pub(super) fn pipe(&mut self, process: ProcessId, call: &InCall, ends: [i32; 2]) -> Vec<What> {
        let pid = self.processes[process].pid;
        let look_up = self.objects.look_up_new(pid, ends[0], ObjectKind::Pipe);
        let Some(object) = look_up else {
            return Vec::new();
        };
        let flags = if call.call.number == libc::SYS_pipe2 {
            int(call.call.arguments[1])
        } else {
            0
        };
        let end = |reads| Held {
            object,
            reads,
            writes: !reads,
            close_on_exec: flags & libc::O_CLOEXEC != 0,
        };
        vec![
            self.holds(process, ends[0], end(true)),
            self.holds(process, ends[1], end(false)),
        ]
    }

    /// A new socket. Its flags are the type's, or those of accept: SOCK_CLOEXEC is O_CLOEXEC.
    pub(super) fn socket(&mut self, process: ProcessId, number: i32, flags: i32) -> Vec<What> {
        let pid = self.processes[process].pid;
        let look_up = self.objects.look_up_new(pid, number, ObjectKind::Socket);
        let Some(object) = look_up else {
            return Vec::new();
        };
        let held = Held {
            object,
            reads: true,
            writes: true,
            close_on_exec: flags & libc::SOCK_CLOEXEC != 0,
        };
        vec![self.holds(process, number, held)]
    }

    pub(super) fn pair(&mut self, process: ProcessId, ends: [i32; 2]) -> Vec<What> {
        let pid = self.processes[process].pid;
        let Some(held) = self.objects.look_up(pid, ends[0], None) else {
            return Vec::new();
        };
        self.objects.join(pid, ends[1], held.object);
        ends.map(|end| self.holds(process, end, held)).into()
    }

    fn holds(&mut self, process: ProcessId, descriptor: i32, held: Held) -> What {
        if let Some(live) = self.live.get_mut(&process) {
            live.descriptors.insert(descriptor, held);
        }
        What::Open {
            descriptor,
            object: held.object,
            reads: held.reads,
            writes: held.writes,
            close_on_exec: held.close_on_exec,
        }
    }

    /// `new` refers to what `old` refers to; what `new` referred to before is closed.
    pub(super) fn duplicated(
        &mut self,
        process: ProcessId,
        old: i32,
        new: i32,
        close_on_exec: bool,
    ) -> Vec<What> {
        if old == new {
            return Vec::new();
        }
        let mut what = self.closed(process, new, new);
        if let Some(held) = self.held(process, old) {
            let held = Held {
                close_on_exec,
                ..held
            };
            what.push(self.holds(process, new, held));
        }
        what
    }

    pub(super) fn controlled(
        &mut self,
        process: ProcessId,
        call: &InCall,
        result: i64,
    ) -> Vec<What> {
        let [first, second, third, ..] = call.call.arguments;
        match int(second) {
            libc::F_DUPFD => self.duplicated(process, int(first), int_of(result), false),
            libc::F_DUPFD_CLOEXEC => self.duplicated(process, int(first), int_of(result), true),
            libc::F_SETFD => {
                let close = third & u64::from(libc::FD_CLOEXEC.cast_unsigned()) != 0;
                if let Some(live) = self.live.get_mut(&process) {
                    live.descriptors.set_close_on_exec(int(first), close);
                }
                let detail = if close { "FD_CLOEXEC" } else { "no FD_CLOEXEC" };
                vec![detailed(call, self.live.get(&process), detail.to_owned())]
            }
            _ => vec![plain(call, self.live.get(&process))],
        }
    }

    /// Descriptors from `first` to `last` are closed; only those that are known are noted.
    pub(super) fn closed(&mut self, process: ProcessId, first: i32, last: i32) -> Vec<What> {
        let Some(live) = self.live.get_mut(&process) else {
            return Vec::new();
        };
        let mut what = Vec::new();
        for (descriptor, held) in live.descriptors.within(first, last) {
            live.descriptors.remove(descriptor);
            what.push(What::Close {
                descriptor,
                object: Some(held.object),
            });
        }
        what
    }

    /// `close_range(first, last, flags)`.
    pub(super) fn closed_range(&mut self, process: ProcessId, call: &InCall) -> Vec<What> {
        let [first, last, flags, ..] = call.call.arguments;
        let bound = |number: u64| i32::try_from(number & 0xffff_ffff).unwrap_or(i32::MAX);
        let (first, last) = (bound(first), bound(last));
        if flags & u64::from(libc::CLOSE_RANGE_CLOEXEC) == 0 {
            return self.closed(process, first, last);
        }
        let Some(live) = self.live.get_mut(&process) else {
            return Vec::new();
        };
        let mut what = Vec::new();
        for (descriptor, held) in live.descriptors.within(first, last) {
            live.descriptors.set_close_on_exec(descriptor, true);
            what.push(What::Call {
                call: "fcntl".to_owned(),
                descriptor: Some(descriptor),
                object: Some(held.object),
                detail: Some("FD_CLOEXEC".to_owned()),
                error: None,
            });
        }
        what
    }

    pub(super) fn mapped(&mut self, process: ProcessId, call: &InCall) -> Vec<What> {
        let [_, bytes, _, flags, descriptor, _] = call.call.arguments;
        let anonymous = flags & u64::from(libc::MAP_ANONYMOUS.cast_unsigned()) != 0;
        let object = if anonymous {
            self.objects.add(ObjectKind::Mapping, None)
        } else {
            match self.held(process, int(descriptor)) {
                Some(held) => held.object,
                None => return Vec::new(),
            }
        };
        vec![What::Map { object, bytes }]
    }

    pub(super) fn moved(
        &mut self,
        process: ProcessId,
        call: &InCall,
        descriptor: i32,
        direction: Direction,
        result: i64,
    ) -> Vec<What> {
        match self.held(process, descriptor) {
            Some(held) => vec![What::Transfer {
                call: call.name.to_owned(),
                direction,
                descriptor,
                object: held.object,
                bytes: result.unsigned_abs(),
                priority: None,
            }],
            None => Vec::new(),
        }
    }

    pub(super) fn message(
        &mut self,
        process: ProcessId,
        call: &InCall,
        direction: Direction,
        bytes: i64,
        message_priority: Option<u32>,
    ) -> Vec<What> {
        let descriptor = int(call.call.arguments[0]);
        let mut what = self.moved(process, call, descriptor, direction, bytes);
        for what in &mut what {
            if let What::Transfer { priority, .. } = what {
                *priority = message_priority;
            }
        }
        what
    }

    /// What a descriptor is: from the model, or looked up where the model does not know it yet.
    pub(super) fn held(&mut self, process: ProcessId, descriptor: i32) -> Option<Held> {
        let known = self.live.get(&process)?.descriptors.get(descriptor);
        if known.is_some() {
            return known;
        }
        let pid = self.processes[process].pid;
        let held = self.objects.look_up(pid, descriptor, None)?;
        self.live
            .get_mut(&process)?
            .descriptors
            .insert(descriptor, held);
        Some(held)
    }
}
