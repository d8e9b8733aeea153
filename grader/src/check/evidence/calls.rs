//! Calls: forbidden and required ones, asking again and again instead of waiting, fsync before rename.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::index::{Index, Place, shown};
use super::{Fault, wide};
use crate::course::evidence::{Bounds, Calls, Synced, Waiting};
use crate::record::{Direction, Event, ObjectId, ObjectKind, Used, What};

pub(super) fn calls(index: &Index<'_>, it: &Calls, arguments: usize) -> Option<Fault> {
    let bounds = it.count.bounds(arguments);
    let is_forbidden = bounds.most == Some(0);
    let made: Vec<&Event> = index
        .record
        .events
        .iter()
        .filter(|event| index.means(&it.by, event.process))
        .filter(|event| name(&event.what).is_some_and(|name| it.names.iter().any(|it| it == name)))
        .filter({
            let mut last = None;
            move |event| {
                let is_second = last.is_some_and(|last| is_second_end(last, event));
                last = (!is_second).then_some(*event);
                !is_second
            }
        })
        .filter(|event| match &it.error {
            Some(error) => failed_with(&event.what) == Some(error),
            None => is_forbidden || has_succeeded(&event.what),
        })
        .collect();
    let mut names = format!("`{}`", it.names.join("` or `"));
    if let Some(error) = &it.error {
        names.push_str(&format!(" that fails with {error}"));
    }
    match bounds.place(wide(made.len())) {
        Ordering::Equal => None,
        Ordering::Greater if is_forbidden => {
            let first = made.first()?;
            let message = format!(
                "this exercise forbids {names}; {} called `{}`",
                index.name(first.process),
                name(&first.what).unwrap_or_default()
            );
            Some(Fault::misuse("forbidden-call", message))
        }
        Ordering::Greater => {
            let message = format!(
                "expected {} of {names} by {}; there were more",
                bounds.of("call", "calls"),
                it.by
            );
            Some(Fault::misuse("forbidden-call", message))
        }
        Ordering::Less => {
            let seen = if made.is_empty() {
                "were none"
            } else {
                "were fewer"
            };
            let message = format!(
                "expected {} of {names} by {}; there {seen}",
                bounds.of("call", "calls"),
                it.by
            );
            Some(Fault::missing("call-missing", message))
        }
    }
}

/// The call that an event tells of, by its name in `lab.toml`; what is no call has none.
pub(super) fn name(what: &What) -> Option<&str> {
    Some(match what {
        What::Call { call, .. } | What::Transfer { call, .. } => match call.as_ref() {
            "vfork" | "clone" | "clone3" => "fork",
            "execve" | "execveat" => "exec",
            "waitid" => "waitpid",
            "tkill" | "tgkill" | "sigqueue" | "pidfd_send_signal" => "kill",
            call => call,
        },
        What::Fork { .. } => "fork",
        What::Exec { .. } => "exec",
        What::Reap { .. } => "waitpid",
        What::Kill { .. } => "kill",
        What::Open { call, .. } if !call.is_empty() => call,
        What::Close { .. } => "close",
        What::Map { .. } => "mmap",
        What::Name { .. } => "prctl",
        _ => return None,
    })
}

/// Whether an event tells of the second end that the call made of which `first` tells.
fn is_second_end(first: &Event, event: &Event) -> bool {
    match (&first.what, &event.what) {
        (What::Open { call, object, .. }, What::Open { object: same, .. }) => {
            ["pipe", "socketpair"].contains(&call.as_ref())
                && object == same
                && first.process == event.process
        }
        _ => false,
    }
}

/// The error of a call that failed.
fn failed_with(what: &What) -> Option<&String> {
    match what {
        What::Call { error, .. } => error.as_ref(),
        _ => None,
    }
}

/// Whether a call did what it is for. `pause` and `sigsuspend` always fail with EINTR.
fn has_succeeded(what: &What) -> bool {
    match what {
        What::Call { error, .. } => error.as_deref().is_none_or(|error| error == "EINTR"),
        _ => true,
    }
}

pub(super) fn waiting(index: &Index<'_>, it: &Waiting) -> Option<Fault> {
    if it.cpu_ms_while_stopped.is_some() && stops(index).next().is_none() {
        let message = format!(
            "expected {} to sleep while another process is stopped; that process never came to the call at which it is stopped",
            it.process
        );
        return Some(Fault::missing("call-missing", message));
    }
    let timed = timed_sockets(index);
    index.processes(&it.process).find_map(|process| {
        let who = index.name(process);
        let expected = format!("expected {} to sleep while it waits, with at most", it.process);
        let exceeds = |cpu: u64, limit: u64| cpu > limit.saturating_mul(1000);
        let cpu = index.process(process)?.cpu;
        if let Some(limit) = it.cpu_ms.filter(|limit| exceeds(cpu, *limit)) {
            let message = format!("{expected} {limit} ms of CPU time; {who} used more");
            return Some(Fault::misuse("busy-wait", message));
        }
        let mut meanwhile = stops(index).flatten().filter(|used| used.process == process);
        if let Some(limit) = it.cpu_ms_while_stopped
            && meanwhile.any(|used| exceeds(used.cpu, limit))
        {
            let message = format!(
                "{expected} {limit} ms of CPU time while the grader stops another process; {who} used more"
            );
            return Some(Fault::misuse("busy-wait", message));
        }
        let calls = || {
            let events = index.events_of(process);
            events.map(|(_, event)| question(event, &timed))
        };
        let mut all = calls().flatten();
        if let Some(limit) = it.polls
            && let Some(many) = all.nth(counted(limit))
        {
            let message = format!(
                "{expected} {limit} calls that only ask; {who} made more, such as `{}`",
                many.call
            );
            return Some(Fault::misuse("busy-wait", message));
        }
        let limit = it.in_a_row?;
        let many = longest_row(calls(), limit)?;
        let message = format!(
            "{expected} {limit} calls in a row that only ask; {who} made more, such as `{many}`"
        );
        Some(Fault::misuse("busy-wait", message))
    })
}

/// The sockets that were given a timeout: of `setsockopt`, nothing else is recorded.
fn timed_sockets(index: &Index<'_>) -> BTreeSet<ObjectId> {
    let events = index.record.events.iter();
    let sockets = events.filter_map(|event| match &event.what {
        What::Call { call, object, .. } if call == "setsockopt" => *object,
        _ => None,
    });
    sockets.collect()
}

/// The CPU time of the others during each stop that an intervention made.
fn stops<'a>(index: &Index<'a>) -> impl Iterator<Item = &'a [Used]> {
    let events = index.record.events.iter();
    events.filter_map(|event| match &event.what {
        What::Intervention { meanwhile, .. } if event.until.is_some() => Some(meanwhile.as_slice()),
        _ => None,
    })
}

/// A limit of `lab.toml` as a count of things in memory.
fn counted(limit: u64) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

/// The call at which a row of questions that do not wait becomes longer than this.
fn longest_row<'a>(
    calls: impl Iterator<Item = Option<Question<'a>>>,
    limit: u64,
) -> Option<&'a str> {
    let mut row = 0;
    for call in calls {
        match call {
            Some(question) if !question.may_wait => {
                row += 1;
                if row > limit {
                    return Some(question.call);
                }
            }
            _ => row = 0,
        }
    }
    None
}

/// A call by which a process asks whether something has happened, instead of waiting for it.
struct Question<'a> {
    call: &'a str,
    /// Whether it can take a while: the record does not hold timeouts.
    may_wait: bool,
}

fn question<'a>(event: &'a Event, timed: &BTreeSet<ObjectId>) -> Option<Question<'a>> {
    const ASKING: [&str; 3] = ["waitpid", "waitid", "sched_yield"];
    const WAITING: [&str; 4] = ["poll", "select", "epoll_wait", "nanosleep"];
    match &event.what {
        What::Kill { signal: 0, .. } => Some(Question {
            call: "kill",
            may_wait: false,
        }),
        What::Call {
            call,
            error,
            object,
            ..
        } => {
            let asks = |calls: &[&str]| calls.contains(&call.as_ref()) && error.is_none();
            let is_refused =
                error.as_deref() == Some("EAGAIN") && call != "fork" && call != "clone";
            // A socket's timeout ends a wait with the same error.
            let may_wait =
                asks(&WAITING) || is_refused && object.is_some_and(|it| timed.contains(&it));
            (may_wait || asks(&ASKING) || is_refused).then_some(Question { call, may_wait })
        }
        _ => None,
    }
}

pub(super) fn synced(index: &Index<'_>, it: &Synced, arguments: usize) -> Option<Fault> {
    let bounds: Bounds = it.count.bounds(arguments);
    let mut renames = 0;
    for (place, event) in index.record.events.iter().enumerate() {
        let What::Call {
            call,
            error: None,
            detail,
            object,
            ..
        } = &event.what
        else {
            continue;
        };
        if call != "rename" || !index.means(&it.by, event.process) {
            continue;
        }
        renames += 1;
        let path = detail.as_deref().unwrap_or_default();
        let file = object.or_else(|| file_of(index, path));
        if !file.is_some_and(|file| is_synced(index, file, place)) {
            let message = format!(
                "expected every file to be synced (fsync or fdatasync) before it is renamed; {} renamed `{}` without",
                index.name(event.process),
                shown(path)
            );
            return Some(Fault::misuse("missing-fsync", message));
        }
    }
    let expected = format!(
        "expected {} to be renamed to the final name by {}",
        bounds.of("file", "files"),
        it.by
    );
    match bounds.place(renames) {
        Ordering::Equal => None,
        Ordering::Less => {
            let message = format!("{expected}; there were fewer");
            Some(Fault::missing("half-file-visible", message))
        }
        Ordering::Greater => {
            let message = format!("{expected}; there were more");
            Some(Fault::misuse("half-file-visible", message))
        }
    }
}

/// The file that had this path: names in the record are relative to the run's folder, and paths are as given.
fn file_of(index: &Index<'_>, path: &str) -> Option<ObjectId> {
    let path = path.trim_start_matches("./");
    let is_it = |name: &str| {
        let (long, short) = if name.len() > path.len() {
            (name, path)
        } else {
            (path, name)
        };
        let rest = long.strip_suffix(short);
        !short.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    // A name can be used again: the latest file of it is meant.
    index.record.objects.iter().rposition(|object| {
        object.kind == ObjectKind::File && object.name.as_deref().is_some_and(is_it)
    })
}

/// Whether the last thing done to a file's content before this moment was to sync it.
fn is_synced(index: &Index<'_>, file: ObjectId, before: Place) -> bool {
    let earlier = index.record.events.get(..before).unwrap_or_default();
    earlier.iter().rev().find_map(|event| match &event.what {
        What::Transfer {
            direction: Direction::Out,
            object,
            ..
        } if *object == file => Some(false),
        What::Call {
            call,
            object: Some(object),
            error: None,
            ..
        } if *object == file && ["fsync", "fdatasync"].contains(&call.as_ref()) => Some(true),
        _ => None,
    }) == Some(true)
}
