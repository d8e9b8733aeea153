//! A thread of a run, as `/proc` shows it.

use std::fs;

use nix::libc;

use super::call::Call;
use crate::sandbox::family;
use crate::trace::memory;

/// SIGALRM in a set of signals as the kernel has it.
const ALARM: u64 = 1 << (libc::SIGALRM - 1);

/// A thread in `/proc`.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) pid: i32,
    pub(super) id: i32,
    folder: String,
}

/// How much a thread has run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ran {
    /// How often it went to sleep, or stood still for its tracer.
    pub(super) slept: u64,
    /// How often another one took its processor.
    pub(super) displaced: u64,
    /// CPU time in its own code and in the kernel, in ticks.
    pub(super) user: u64,
    pub(super) system: u64,
}

impl Thread {
    /// The threads of a process that have not ended. The first one may have, while others go on.
    pub(super) fn all_of(pid: i32) -> impl Iterator<Item = Self> {
        let threads = family::threads(pid).into_iter().map(move |id| Self {
            pid,
            id,
            folder: format!("/proc/{pid}/task/{id}"),
        });
        threads.filter(|thread| !matches!(thread.state(), None | Some('Z' | 'X')))
    }

    /// The state letter.
    pub(super) fn state(&self) -> Option<char> {
        let fields = family::stat_fields(&format!("{}/stat", self.folder))?;
        fields.first()?.chars().next()
    }

    /// The line of the file `syscall`.
    pub(super) fn call_line(&self) -> Option<String> {
        fs::read_to_string(format!("{}/syscall", self.folder)).ok()
    }

    /// The kernel's function in which it sleeps, where the kernel shows it.
    pub(super) fn kernel_function(&self) -> Option<String> {
        fs::read_to_string(format!("{}/wchan", self.folder)).ok()
    }

    /// How much it has run.
    pub(super) fn ran(&self) -> Option<Ran> {
        let status = fs::read_to_string(format!("{}/status", self.folder)).ok()?;
        let value = |name: &str| field(&status, name)?.parse().ok();
        let fields = family::stat_fields(&format!("{}/stat", self.folder))?;
        Some(Ran {
            slept: value("voluntary_ctxt_switches:")?,
            displaced: value("nonvoluntary_ctxt_switches:")?,
            // Fields 14 and 15 of `proc_pid_stat(5)`; the first here is field 3.
            user: fields.get(11)?.parse().ok()?,
            system: fields.get(12)?.parse().ok()?,
        })
    }

    /// Whether SIGALRM would wake the thread, or run a handler in it: it may be on its way.
    pub(super) fn takes_alarm(&self) -> bool {
        let status = fs::read_to_string(format!("{}/status", self.folder)).unwrap_or_default();
        let caught = field(&status, "SigCgt:").and_then(set);
        let reads_it = || {
            let folder = fs::read_dir(format!("{}/fdinfo", self.folder));
            folder.into_iter().flatten().flatten().any(|entry| {
                let text = fs::read_to_string(entry.path()).unwrap_or_default();
                holds_alarm(field(&text, "sigmask:").and_then(set))
            })
        };
        holds_alarm(caught) || self.accepts_alarm() || reads_it()
    }

    /// Whether the thread is in `sigwait(3)` or its like for SIGALRM. The kernel takes what is waited for out of the
    /// signals that `/proc` shows as blocked, so the set is read where the call has it.
    fn accepts_alarm(&self) -> bool {
        let call = self.call_line().and_then(|line| Call::parse(&line));
        call.filter(|call| call.number == libc::SYS_rt_sigtimedwait)
            .is_some_and(|call| {
                memory::bytes(self.pid, call.arguments[0])
                    .is_none_or(|set| u64::from_ne_bytes(set) & ALARM != 0)
            })
    }
}

fn holds_alarm(set: Option<u64>) -> bool {
    set.is_some_and(|set| set & ALARM != 0)
}

/// Whether the process holds a timer of `timer_create(2)`.
pub(super) fn holds_a_timer(pid: i32) -> bool {
    let timers = fs::read_to_string(format!("/proc/{pid}/timers"));
    timers.is_ok_and(|text| !text.is_empty())
}

/// Signals that were sent to a process, or to its first thread, and that it does not take because it blocks them.
pub(super) fn pending(pid: i32) -> Vec<i32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let set = |name| field(&status, name).and_then(set).unwrap_or_default();
    signals((set("SigPnd:") | set("ShdPnd:")) & set("SigBlk:"))
}

/// The numbers of the signals in a set as the kernel has it.
pub(super) fn signals(set: u64) -> Vec<i32> {
    (1..=64).filter(|n| set >> (n - 1) & 1 == 1).collect()
}

/// The set that a line of a file in `/proc` shows.
pub(super) fn set(text: &str) -> Option<u64> {
    u64::from_str_radix(text, 16).ok()
}

/// What stands behind a name at the beginning of a line.
pub(super) fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim())
}
