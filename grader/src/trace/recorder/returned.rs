//! What a call that has returned means: which event it is, and how the model changes.

use nix::errno::Errno;
use nix::libc;

use super::Recorder;
use super::ends::has_stopped;
use super::living::InCall;
use super::words::{erroneous, int, int_of, plain};
use crate::record::{Direction, Event, ObjectKind, ProcessId, What};
use crate::trace::memory;

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
}
