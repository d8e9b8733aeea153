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

    /// `alarm(seconds)`, `setitimer(ITIMER_REAL, value, …)`, `timer_settime(id, flags, value, …)` or `timer_delete(id)`. One that
    /// repeats, or is set to a moment of some clock, comes for ever.
    pub(super) fn set_alarm(&mut self, it: &Return<'_>) {
        let expiry = |place| memory::words(it.thread, it.argument(place)).map(expiry);
        let (timer, seconds) = match it.call.known.does {
            Does::SetAlarm => (None, Some(it.argument(0))),
            Does::SetTimer if it.int(0) == libc::ITIMER_REAL => (None, expiry(1)),
            Does::SetPosixTimer => {
                let is_moment = it.int(1) & libc::TIMER_ABSTIME != 0;
                let seconds = expiry(2).map(|seconds| match seconds {
                    1.. if is_moment => LONGEST_ALARM,
                    seconds => seconds,
                });
                (Some(it.int(0)), seconds)
            }
            Does::DeletePosixTimer => (Some(it.int(0)), None),
            _ => return self.show(it),
        };
        if let Some(live) = self.live.get_mut(it.process) {
            match seconds.filter(|seconds| *seconds > 0) {
                // A second more: the clock that wakes the process is not this one.
                Some(seconds) => {
                    let time = Duration::from_secs(seconds.min(LONGEST_ALARM) + 1);
                    live.alarms.insert(timer, Instant::now() + time);
                }
                None => drop(live.alarms.remove(&timer)),
            }
        }
        self.show(it);
    }

    /// `setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, value, …)`.
    pub(super) fn set_socket_timeout(&mut self, it: &Return<'_>) {
        if let Some([seconds, microseconds]) = memory::words::<2>(it.thread, it.argument(3)) {
            let time = Duration::from_secs(seconds.min(LONGEST_ALARM))
                + Duration::from_micros(microseconds.min(1_000_000));
            if !time.is_zero() {
                self.socket_timeout = self.socket_timeout.max(Some(time));
            }
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

/// The seconds until a timer expires, rounded up, by `struct itimerval` or `struct itimerspec`: an interval and a value, each of
/// seconds and parts of a second. 0 where it does not.
fn expiry([every, part, left, rest]: [u64; 4]) -> u64 {
    let left = left.saturating_add(u64::from(rest != 0));
    if (every != 0 || part != 0) && left != 0 {
        LONGEST_ALARM
    } else {
        left
    }
}
