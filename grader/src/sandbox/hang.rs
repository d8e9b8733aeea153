//! Whether every process of a run waits for another one.
//!
//! A run is hung when each live thread sleeps, without a timeout, in a call that only another process
//! of the run can end, and none of them has run between two looks. Two equal looks prove that nothing ran
//! in between, because each holds every thread's count of context switches (`proc_pid_status(5)`).
//! `/proc` does not show every timeout. A run in which one may be hidden (a thread waits for a socket, or takes
//! SIGALRM) is hung only after it has slept for [`PATIENCE`]; one that holds a timer never is. An alarm that is to
//! kill its process cannot be seen at all.

use std::fs;
use std::time::Duration;

use super::family;
use crate::record::Alive;

mod call;
mod thread;

use call::Other;
use thread::Thread;

/// Time between two looks.
pub const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// How long a run must have slept that a hidden timeout may end: SO_RCVTIMEO, `alarm(2)` and `setitimer(2)` are invisible
/// from outside.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// What a look at a run's processes saw, where all of them sleep for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllAsleep {
    threads: Vec<Asleep>,
    /// Whether a timeout may be hidden.
    pub may_time_out: bool,
}

/// A thread that sleeps in a call without a timeout.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asleep {
    pid: i32,
    /// The line of `/proc/PID/task/TID/syscall`: number, arguments, stack and instruction pointers.
    call: String,
    /// Voluntary and involuntary context switches.
    switches: (u64, u64),
    may_time_out: bool,
}

/// Looks at the processes once; `None` when one of them runs, or waits for something other than
/// another process, or when there are none. A process that stands still for its tracer is asleep only where the
/// tracer knows that a signal has stopped it (`is_stopped`): otherwise it is about to go on.
#[must_use]
pub fn look(pids: &[i32], is_stopped: impl Fn(i32) -> bool) -> Option<AllAsleep> {
    let mut threads = Vec::new();
    for pid in pids {
        for thread in Thread::all_of(*pid) {
            threads.push(asleep(*pid, &thread, &is_stopped)?);
        }
        if holds_a_timer(*pid) {
            return None;
        }
    }
    if threads.is_empty() {
        return None;
    }
    let may_time_out = threads.iter().any(|thread| thread.may_time_out);
    Some(AllAsleep {
        threads,
        may_time_out,
    })
}

fn asleep(pid: i32, thread: &Thread, is_stopped: impl Fn(i32) -> bool) -> Option<Asleep> {
    // A stopped process can be continued only by another one, so it counts as asleep.
    let stopped = match thread.state()? {
        'T' => true,
        't' if is_stopped(pid) => true,
        'S' => false,
        _ => return None,
    };
    let switches = thread.context_switches()?;
    let (line, call) = thread.call()?;
    let on_socket = !stopped && matches!(call?.waits_for_another(thread)?, Other::Socket);
    Some(Asleep {
        pid,
        call: line,
        switches,
        may_time_out: on_socket || thread.takes_alarm(),
    })
}

/// Whether the process holds a timer of `timerfd_create(2)` or `timer_create(2)`.
fn holds_a_timer(pid: i32) -> bool {
    let posix = fs::read_to_string(format!("/proc/{pid}/timers"));
    posix.is_ok_and(|text| !text.is_empty())
        || Thread::all_of(pid).next().is_some_and(|thread| {
            let mut descriptors = thread.descriptors().into_iter();
            descriptors.any(|it| it.object.contains("[timerfd]"))
        })
}

/// What the processes wait for and hold, for the record.
#[must_use]
pub fn describe(pids: &[i32]) -> Vec<Alive> {
    let describe = |pid: &i32| {
        let thread = Thread::all_of(*pid).next()?;
        Some(Alive {
            pid: *pid,
            parent: family::parent_of(*pid)?,
            state: thread.state()?,
            waits: thread.call().and_then(|(_, call)| call?.wait()),
            descriptors: thread.descriptors(),
        })
    };
    pids.iter().filter_map(describe).collect()
}
