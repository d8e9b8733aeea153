//! What the trace knows of how a hang came about.

use crate::record::{Event, Micros, ProcessId, Record, What};

/// From which process a process has inherited a descriptor at its birth; `None` where it got it itself, or nobody knows.
pub(super) fn inherited_from(
    record: &Record,
    process: ProcessId,
    number: i32,
) -> Option<ProcessId> {
    let got = |who: ProcessId| {
        let mut events = record.events.iter().filter(|it| it.process == who);
        events.any(|it| matches!(it.what, What::Open { descriptor, .. } if descriptor == number))
    };
    if got(process) {
        return None;
    }
    // The one that had it first tells more than those through whose hands it went.
    let mut parent = record.processes.get(process)?.parent?;
    while !got(parent) {
        parent = record.processes.get(parent)?.parent?;
    }
    Some(parent)
}

/// A signal that reached a process and did not end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Came {
    pub(super) signal: i32,
    pub(super) from: Option<ProcessId>,
}

/// The last of the signals (any, where none is named) that reached a process; children's ends do not count unless they are named.
pub(super) fn last_signal(record: &Record, process: ProcessId, signals: &[i32]) -> Option<Came> {
    let own = record
        .events
        .iter()
        .rev()
        .filter(|it| it.process == process);
    own.filter_map(|it| match it.what {
        What::Signal { signal, from } => Some(Came { signal, from }),
        _ => None,
    })
    .find(|came| match signals {
        [] => came.signal != nix::libc::SIGCHLD && came.signal != nix::libc::SIGCONT,
        some => some.contains(&came.signal),
    })
}

/// The signal that has stopped a process, and its sender.
pub(super) fn stopped_by(record: &Record, process: ProcessId) -> Option<Came> {
    let own: Vec<&What> = record
        .events
        .iter()
        .filter(|it| it.process == process)
        .map(|it| &it.what)
        .collect();
    let stop = own.iter().rposition(|it| matches!(it, What::Stop { .. }))?;
    let What::Stop { signal } = *own[stop] else {
        return None;
    };
    let came = own[..stop].iter().rev().find_map(|it| match it {
        What::Signal { signal: came, from } if *came == signal => Some(*from),
        _ => None,
    });
    let from = came.flatten();
    Some(Came { signal, from })
}

/// The calls that a process has made in the last `span` that is recorded, each once, in the order of the alphabet.
pub(super) fn calls_lately(record: &Record, process: ProcessId, span: Micros) -> Vec<&str> {
    let own = || record.events.iter().filter(|it| it.process == process);
    let ended = |it: &Event| it.until.unwrap_or(it.at);
    let last = if record.events_cut {
        own().map(ended).max().unwrap_or_default()
    } else {
        record.usage.wall_us
    };
    let lately = own().filter(|it| ended(it) >= last.saturating_sub(span));
    let mut names: Vec<&str> = lately.filter_map(|it| call(&it.what)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The name of the call that an event is.
fn call(what: &What) -> Option<&str> {
    match what {
        What::Call { call, .. } | What::Transfer { call, .. } => Some(call),
        What::Fork { .. } => Some("fork"),
        What::Reap { .. } => Some("waitpid"),
        What::Kill { .. } => Some("kill"),
        What::Open { .. } => Some("open"),
        What::Close { .. } => Some("close"),
        _ => None,
    }
}
