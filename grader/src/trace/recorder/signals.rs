//! Signals that are sent, what is to happen when they come, and alarms.

use std::time::{Duration, Instant};

use nix::libc;

use super::Recorder;
use super::living::InCall;
use super::words::int;
use crate::record::{ProcessId, What};
use crate::trace::memory;

/// Longer than any run, in seconds.
const LONGEST_ALARM: u64 = 1_000_000;

impl Recorder {
    pub(super) fn sent(&self, process: ProcessId, call: &InCall) -> Vec<What> {
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

    /// `alarm(seconds)`, or `setitimer(ITIMER_REAL, value, …)`. One that repeats comes for ever.
    pub(super) fn set_alarm(&mut self, process: ProcessId, thread: i32, call: &InCall) {
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
    pub(super) fn acted(&mut self, process: ProcessId, thread: i32, call: &InCall) {
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
}
