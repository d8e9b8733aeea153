//! What a call that has returned means: which event it is, and how the model of descriptors changes.
//!
//! It is long because it has a paragraph for each kind of call, and nothing else.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;

use super::{InCall, Live, Recorder};
use crate::record::{Direction, Event, ObjectKind, ProcessId, What};
use crate::trace::memory;
use crate::trace::objects::Held;

/// Longer than any run, in seconds.
const LONGEST_ALARM: u64 = 1_000_000;

/// Errors by which the kernel says that a call will begin again after a signal; programs never see them.
const RESTARTS: [i64; 4] = [-512, -513, -514, -516];

impl Recorder {
    /// Takes note of a call of a thread that returned `result`.
    pub(super) fn returned(&mut self, thread: i32, call: InCall, result: i64) {
        let Some(process) = self.threads.get(&thread).map(|it| it.process) else {
            return;
        };
        if RESTARTS.contains(&result) {
            // Whether the program will know of it shows in what it does next.
            if let Some(it) = self.threads.get_mut(&thread) {
                it.interrupted = Some(call);
            }
            return;
        }
        let call = &call;
        let what = if result < 0 {
            self.failed(process, call, result)
        } else {
            self.succeeded(process, thread, call, result)
        };
        let until = Some(self.now());
        for what in what {
            self.push(Event {
                at: call.at,
                until,
                process,
                what,
            });
        }
    }

    fn failed(&mut self, process: ProcessId, call: &InCall, result: i64) -> Vec<What> {
        let errno = i32::try_from(-result).map_or(Errno::UnknownErrno, Errno::from_raw);
        vec![erroneous(call, self.live.get(&process), errno)]
    }

    fn succeeded(
        &mut self,
        process: ProcessId,
        thread: i32,
        call: &InCall,
        result: i64,
    ) -> Vec<What> {
        let [first, second, third, ..] = call.call.arguments;
        let descriptor = int(first);
        match call.name {
            // Reported at the birth, and at the exec.
            "fork" | "vfork" | "clone" | "clone3" | "execve" | "execveat" => Vec::new(),
            "waitpid" if has_stopped(memory::int(thread, second)) => {
                vec![plain(call, self.live.get(&process))]
            }
            "waitpid" => self.waited(process, call, int_of(result), third),
            "waitid" => self.waited_by_id(process, thread, call),
            "pipe" => match memory::two_ints(thread, first) {
                Some(ends) => self.pipe(process, call, ends),
                None => Vec::new(),
            },
            "socketpair" => match memory::two_ints(thread, call.call.arguments[3]) {
                Some(ends) => self.pair(process, ends),
                None => Vec::new(),
            },
            "socket" => self.socket(process, int_of(result), int(second)),
            "accept" => {
                // The older call has no flags.
                let flags = if call.call.number == libc::SYS_accept4 {
                    int(call.call.arguments[3])
                } else {
                    0
                };
                self.socket(process, int_of(result), flags)
            }
            "open" | "memfd_create" | "pidfd_open" | "signalfd" => {
                self.opened(process, &[int_of(result)], None)
            }
            "mq_open" => self.opened(process, &[int_of(result)], Some(ObjectKind::MessageQueue)),
            "dup" => self.duplicated(process, descriptor, int_of(result), false),
            "dup2" => self.duplicated(process, descriptor, int_of(result), false),
            "dup3" => {
                let close = third & u64::from(libc::O_CLOEXEC.cast_unsigned()) != 0;
                self.duplicated(process, descriptor, int_of(result), close)
            }
            "fcntl" => self.controlled(process, call, result),
            "close" => self.closed(process, descriptor, descriptor),
            "close_range" => self.closed_range(process, call),
            "kill" | "tkill" | "tgkill" | "sigqueue" | "pidfd_send_signal" => {
                self.sent(process, call)
            }
            "prctl" if int(first) == libc::PR_SET_NAME => vec![What::Name {
                name: call
                    .path
                    .as_deref()
                    .unwrap_or_default()
                    .chars()
                    .take(15)
                    .collect(),
            }],
            "mmap" => self.mapped(process, call),
            "alarm" | "setitimer" => {
                self.set_alarm(process, thread, call);
                vec![plain(call, self.live.get(&process))]
            }
            "sigaction" => {
                self.acted(process, thread, call);
                vec![plain(call, self.live.get(&process))]
            }
            "read" | "readv" | "pread" | "preadv" | "recv" | "recvmsg" => {
                self.moved(process, call, descriptor, Direction::In, result)
            }
            "write" | "writev" | "pwrite" | "pwritev" | "send" | "sendmsg" | "vmsplice" => {
                self.moved(process, call, descriptor, Direction::Out, result)
            }
            "splice" | "copy_file_range" => {
                let mut what = self.moved(process, call, descriptor, Direction::In, result);
                what.extend(self.moved(process, call, int(third), Direction::Out, result));
                what
            }
            "sendfile" => {
                let mut what = self.moved(process, call, int(second), Direction::In, result);
                what.extend(self.moved(process, call, descriptor, Direction::Out, result));
                what
            }
            "tee" => self.moved(process, call, int(second), Direction::Out, result),
            "mq_send" => {
                let bytes = i64::try_from(third).unwrap_or(0);
                self.message(
                    process,
                    call,
                    Direction::Out,
                    bytes,
                    u32::try_from(call.call.arguments[3]).ok(),
                )
            }
            "mq_receive" => {
                let priority = memory::int(thread, call.call.arguments[3]).map(i32::cast_unsigned);
                self.message(process, call, Direction::In, result, priority)
            }
            _ => vec![plain(call, self.live.get(&process))],
        }
    }

    fn waited(&mut self, process: ProcessId, call: &InCall, pid: i32, options: u64) -> Vec<What> {
        let ended = self.process_of_pid(pid).filter(|child| {
            let child = &self.processes[*child];
            // That it was waited for is proof that the kernel had not discarded it.
            child.end.is_some() && child.reaped.is_none_or(|reaped| reaped.by.is_none())
        });
        match ended {
            Some(child) if pid > 0 => {
                let at = self.now();
                self.reap(child, Some(process), at);
                let only_asked = options & u64::from(libc::WNOHANG.cast_unsigned()) != 0;
                vec![What::Reap { child, only_asked }]
            }
            // A child that has stopped or continued, or with WNOHANG none.
            _ => vec![plain(call, self.live.get(&process))],
        }
    }

    /// `waitid(idtype, id, infop, options, rusage)`.
    fn waited_by_id(&mut self, process: ProcessId, thread: i32, call: &InCall) -> Vec<What> {
        let [_, _, info, options, ..] = call.call.arguments;
        let looks_only = options & u64::from(libc::WNOWAIT.cast_unsigned()) != 0;
        // si_signo, si_errno, si_code, padding, si_pid, si_uid, si_status.
        let (pid, code) = match memory::bytes::<28>(thread, info) {
            Some(info) => (
                i32::from_ne_bytes([info[16], info[17], info[18], info[19]]),
                i32::from_ne_bytes([info[8], info[9], info[10], info[11]]),
            ),
            None => (self.vanished_child(process).unwrap_or(0), libc::CLD_EXITED),
        };
        let has_ended = matches!(code, libc::CLD_EXITED | libc::CLD_KILLED | libc::CLD_DUMPED);
        if looks_only || !has_ended {
            return vec![plain(call, self.live.get(&process))];
        }
        self.waited(process, call, pid, options)
    }

    /// A wait that did not return, because the one who waited was killed in it, may have done its work all the same.
    pub(super) fn waited_to_the_end(&mut self, process: ProcessId, call: &InCall) -> Option<What> {
        if !matches!(call.name, "waitpid" | "waitid") {
            return None;
        }
        let pid = self.vanished_child(process)?;
        self.waited(process, call, pid, 0).pop()
    }

    /// The child that was waited for without asking who it was: the one that has ended and is no longer there.
    fn vanished_child(&self, process: ProcessId) -> Option<i32> {
        let children = &self.live.get(&process)?.children;
        children
            .iter()
            .map(|child| &self.processes[*child])
            .filter(|it| it.end.is_some() && it.reaped.is_none())
            .map(|it| it.pid)
            .find(|pid| !Path::new(&format!("/proc/{pid}")).exists())
    }

    fn opened(
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
    fn pipe(&mut self, process: ProcessId, call: &InCall, ends: [i32; 2]) -> Vec<What> {
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
    fn socket(&mut self, process: ProcessId, number: i32, flags: i32) -> Vec<What> {
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

    fn pair(&mut self, process: ProcessId, ends: [i32; 2]) -> Vec<What> {
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
    fn duplicated(
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

    fn controlled(&mut self, process: ProcessId, call: &InCall, result: i64) -> Vec<What> {
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
    fn closed(&mut self, process: ProcessId, first: i32, last: i32) -> Vec<What> {
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
    fn closed_range(&mut self, process: ProcessId, call: &InCall) -> Vec<What> {
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

    fn sent(&self, process: ProcessId, call: &InCall) -> Vec<What> {
        let [first, second, third, ..] = call.call.arguments;
        let (target, signal) = match call.name {
            "tgkill" => (int(second), int(third)),
            _ => (int(first), int(second)),
        };
        let own = self.processes[process].pid;
        let to = match call.name {
            // The descriptor's own target is not asked for: the receiver's own event says who it was.
            "pidfd_send_signal" => None,
            // Threads are known by the process that they belong to.
            "tkill" | "tgkill" => self.threads.get(&target).map(|thread| thread.process),
            _ if target == own => Some(process),
            _ if target > 0 => self.process_of_pid(target),
            _ => None,
        };
        vec![What::Kill {
            to,
            target: i64::from(target),
            signal,
        }]
    }

    fn mapped(&mut self, process: ProcessId, call: &InCall) -> Vec<What> {
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

    /// `alarm(seconds)`, or `setitimer(ITIMER_REAL, value, …)`. One that repeats comes for ever.
    fn set_alarm(&mut self, process: ProcessId, thread: i32, call: &InCall) {
        let [first, second, ..] = call.call.arguments;
        let seconds = if call.name == "alarm" {
            Some(first)
        } else if int(first) == libc::ITIMER_REAL {
            // it_interval and it_value, each of seconds and microseconds.
            memory::bytes::<32>(thread, second).map(|timer| {
                let word = |at: usize| {
                    let bytes = timer[at..at + 8].iter().rev();
                    bytes.fold(0_u64, |word, byte| word << 8 | u64::from(*byte))
                };
                let repeats = word(0) != 0 || word(8) != 0;
                let left = word(16) + u64::from(word(24) != 0);
                if repeats && left != 0 {
                    LONGEST_ALARM
                } else {
                    left
                }
            })
        } else {
            return;
        };
        let Some(live) = self.live.get_mut(&process) else {
            return;
        };
        // A second more: the clock that wakes the process is not this one.
        live.alarm = seconds
            .filter(|seconds| *seconds > 0)
            .map(|seconds| Instant::now() + Duration::from_secs(seconds.min(LONGEST_ALARM) + 1));
    }

    /// SIGCHLD that is ignored, or SA_NOCLDWAIT, makes the kernel discard children.
    fn acted(&mut self, process: ProcessId, thread: i32, call: &InCall) {
        let [signal, action, ..] = call.call.arguments;
        if int(signal) != libc::SIGCHLD {
            return;
        }
        // The kernel's structure begins with the handler and the flags.
        let Some(words) = memory::bytes::<16>(thread, action) else {
            return;
        };
        let (handler, flags) = words.split_at(8);
        let word = |bytes: &[u8]| {
            bytes
                .iter()
                .rev()
                .fold(0_u64, |word, byte| word << 8 | u64::from(*byte))
        };
        let ignored = word(handler) == libc::SIG_IGN as u64;
        let no_wait = word(flags) & u64::from(libc::SA_NOCLDWAIT.cast_unsigned()) != 0;
        if let Some(live) = self.live.get_mut(&process) {
            live.ignores_children = ignored || no_wait;
        }
    }

    fn moved(
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

    fn message(
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

/// Whether a status is that of a child that was stopped or continued; one that nobody asked for is of an end.
fn has_stopped(status: Option<i32>) -> bool {
    status.is_some_and(|status| libc::WIFSTOPPED(status) || libc::WIFCONTINUED(status))
}

/// A call that a signal has interrupted.
pub(super) fn interrupted(call: &InCall, live: Option<&Live>) -> What {
    erroneous(call, live, Errno::EINTR)
}

fn erroneous(call: &InCall, live: Option<&Live>, errno: Errno) -> What {
    let mut what = plain(call, live);
    if let What::Call { error, .. } = &mut what {
        *error = Some(format!("{errno:?}"));
    }
    what
}

/// A call that never returns.
pub(super) fn unreturned(call: &InCall, live: Option<&Live>) -> What {
    plain(call, live)
}

/// A call as it is, with the descriptor and path that it is about.
fn plain(call: &InCall, live: Option<&Live>) -> What {
    let detail = call.path.clone().unwrap_or_default();
    detailed(call, live, detail)
}

fn detailed(call: &InCall, live: Option<&Live>, detail: String) -> What {
    let descriptor = is_about_descriptor(call.name).then(|| int(call.call.arguments[0]));
    let held = descriptor.and_then(|number| live?.descriptors.get(number));
    What::Call {
        call: call.name.to_owned(),
        descriptor,
        object: held.map(|held| held.object),
        detail: (!detail.is_empty()).then_some(detail),
        error: None,
    }
}

/// Whether the first argument of a call is a descriptor.
pub(super) fn is_about_descriptor(name: &str) -> bool {
    let calls = [
        "close",
        "dup",
        "dup2",
        "dup3",
        "fcntl",
        "ftruncate",
        "mq_send",
        "mq_receive",
        "mq_notify",
        "bind",
        "listen",
        "accept",
        "connect",
        "shutdown",
        "fsync",
        "fdatasync",
        "ioctl",
        "read",
        "readv",
        "pread",
        "preadv",
        "write",
        "writev",
        "pwrite",
        "pwritev",
        "send",
        "sendmsg",
        "sendmmsg",
        "recv",
        "recvmsg",
        "recvmmsg",
        "splice",
        "tee",
        "vmsplice",
        "sendfile",
        "copy_file_range",
        "epoll_wait",
        "pidfd_send_signal",
    ];
    calls.contains(&name)
}

/// An argument as the `int` that the call takes it for: its lower half.
pub(in crate::trace) fn int(argument: u64) -> i32 {
    let [a, b, c, d, ..] = argument.to_le_bytes();
    i32::from_le_bytes([a, b, c, d])
}

fn int_of(result: i64) -> i32 {
    i32::try_from(result).unwrap_or(-1)
}
