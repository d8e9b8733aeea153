//! Signals that are sent, what is to happen when they come, and alarms.

use std::time::{Duration, Instant};

use nix::libc;

use super::Recorder;
use super::living::Return;
use crate::record::What;
use crate::trace::calls::Does;
use crate::trace::memory;

/// Longer than any run, in seconds.
const LONGEST_ALARM: u64 = 1_000_000;

impl Recorder {
    /// A signal was sent.
    pub(super) fn sent(&mut self, it: &Return<'_>) {
        let does = it.call.known.does;
        let (target, signal) = match does {
            Does::SendToThreadOf => (it.int(1), it.int(2)),
            _ => (it.int(0), it.int(1)),
        };
        let own = self.processes[it.process].pid;
        let to = match does {
            // The descriptor's own target is not asked for: the receiver's own event says who it was.
            Does::SendByDescriptor => None,
            // Threads are known by the process that they belong to.
            Does::SendToThread | Does::SendToThreadOf => {
                self.threads.get(target).map(|thread| thread.process)
            }
            _ if target == own => Some(it.process),
            _ if target > 0 => self.process_of_pid(target),
            _ => None,
        };
        let target = i64::from(target);
        self.tell(it, What::Kill { to, target, signal });
    }

    /// `alarm(seconds)`, or `setitimer(ITIMER_REAL, value, …)`. One that repeats comes for ever.
    pub(super) fn set_alarm(&mut self, it: &Return<'_>) {
        let seconds = if it.call.known.does == Does::SetAlarm {
            Some(it.argument(0))
        } else if it.int(0) == libc::ITIMER_REAL {
            // it_interval and it_value, each of seconds and microseconds.
            memory::words::<4>(it.thread, it.argument(1)).map(|[every, part, left, rest]| {
                let left = left + u64::from(rest != 0);
                if (every != 0 || part != 0) && left != 0 {
                    LONGEST_ALARM
                } else {
                    left
                }
            })
        } else {
            return self.show(it);
        };
        if let Some(live) = self.live.get_mut(it.process) {
            // A second more: the clock that wakes the process is not this one.
            let patience = |seconds: u64| Duration::from_secs(seconds.min(LONGEST_ALARM) + 1);
            live.alarm = seconds
                .filter(|seconds| *seconds > 0)
                .map(|seconds| Instant::now() + patience(seconds));
        }
        self.show(it);
    }

    /// SIGCHLD that is ignored, or SA_NOCLDWAIT, makes the kernel discard children.
    pub(super) fn acted(&mut self, it: &Return<'_>) {
        // The kernel's structure begins with the handler and the flags.
        if it.int(0) == libc::SIGCHLD
            && let Some([handler, flags]) = memory::words::<2>(it.thread, it.argument(1))
            && let Some(live) = self.live.get_mut(it.process)
        {
            let no_wait = u64::from(libc::SA_NOCLDWAIT.cast_unsigned());
            live.ignores_children = handler == libc::SIG_IGN as u64 || flags & no_wait != 0;
        }
        self.show(it);
    }
}
