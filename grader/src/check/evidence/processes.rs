//! Processes: made by whom, side by side, waited for, named, ended.

use std::cmp::Ordering;

use super::index::{Index, NameGiven, Place, shown};
use super::{Fault, wide};
use crate::check::FAKED_OUTPUT;
use crate::course::evidence::{
    AdoptedOrphans, Adopter, Computed, Ended, EndedAs, Executed, Forked, Named, Parallel,
    ReapedAll, Threads, UnreapedAtOnce, Zombies,
};
use crate::record::{Direction, Event, ProcessId, Reaped, What};

/// How many bytes of a name the kernel keeps, `prctl(2)`.
const NAME_BYTES: usize = 15;

pub(super) fn forked(index: &Index<'_>, it: &Forked, arguments: usize) -> Option<Fault> {
    let bounds = it.count.bounds(arguments);
    let seen = wide(index.children(&it.by).count());
    let own = match bounds.place(seen) {
        Ordering::Equal => return None,
        _ if seen == 0 => FAKED_OUTPUT,
        _ => "wrong-number-of-processes",
    };
    let message = format!(
        "expected {} to be made by {}; there {}",
        bounds.of("process", "processes"),
        it.by,
        were(seen)
    );
    Some(if seen < bounds.least {
        Fault::missing(own, message)
    } else {
        Fault::misuse(own, message)
    })
}

pub(super) fn threads(index: &Index<'_>, it: &Threads, arguments: usize) -> Option<Fault> {
    let bounds = it.count.bounds(arguments);
    let expected = format!(
        "expected {} to be made by {}",
        bounds.of("thread", "threads"),
        it.process
    );
    let mut makers = index.processes(&it.process).peekable();
    if makers.peek().is_none() {
        let message = format!("{expected}; there was no such process");
        return Some(Fault::missing(FAKED_OUTPUT, message));
    }
    makers.find_map(|maker| {
        let seen = wide(index.process(maker)?.threads);
        let message = format!("{expected}; {} made {seen}", index.name(maker));
        match bounds.place(seen) {
            Ordering::Equal => None,
            Ordering::Less if seen == 0 => Some(Fault::missing(FAKED_OUTPUT, message)),
            Ordering::Less => Some(Fault::missing("wrong-number-of-threads", message)),
            Ordering::Greater => Some(Fault::misuse("wrong-number-of-threads", message)),
        }
    })
}

/// `was 1`, `were 2`.
fn were(seen: u64) -> String {
    let verb = if seen == 1 { "was" } else { "were" };
    format!("{verb} {seen}")
}

pub(super) fn parallel(index: &Index<'_>, it: &Parallel) -> Option<Fault> {
    index.processes(&it.by).find_map(|parent| {
        let mut waited: Option<String> = None;
        let mut children = Vec::new();
        for (place, event) in index.events_of(parent) {
            match event.what {
                What::Fork { child } => {
                    if let Some(waited) = waited {
                        let who = index.name(parent);
                        let message = format!(
                            "expected {} to start all of its children before it waits for one; {who} {waited} before it forked {}",
                            it.by,
                            index.name(child)
                        );
                        return Some(Fault::misuse("not-parallel", message));
                    }
                    children.push(child);
                }
                _ if children.is_empty() || waited.is_some() => {}
                _ => {
                    let read_from: &[ProcessId] = if it.reads { &children } else { &[] };
                    waited = wait(index, place, event, read_from);
                }
            }
        }
        None
    })
}

/// What a process did that kept it from going on before another one had done something. Reads count where they are of
/// data from these processes.
fn wait(index: &Index<'_>, place: Place, event: &Event, read_from: &[ProcessId]) -> Option<String> {
    match &event.what {
        What::Reap {
            child,
            only_asked: false,
        } => Some(format!("waited for {}", index.name(*child))),
        What::Call { call, .. } if is_wait_for_signal(call) => {
            Some(format!("waited for a signal in `{call}`"))
        }
        What::Transfer {
            direction: Direction::In,
            object,
            ..
        } => {
            let sent = index
                .flows_at(place)
                .find(|flow| read_from.contains(&flow.from))?;
            let from = index.name(sent.from);
            Some(format!(
                "read what {from} had written to {}",
                index.object_name(*object)
            ))
        }
        _ => None,
    }
}

pub(super) fn is_wait_for_signal(call: &str) -> bool {
    ["pause", "sigsuspend", "sigtimedwait"].contains(&call)
}

pub(super) fn unreaped_at_once(
    index: &Index<'_>,
    it: &UnreapedAtOnce,
    arguments: usize,
) -> Option<Fault> {
    let bounds = it.count.bounds(arguments);
    for parent in index.processes(&it.children_of) {
        let most = most_at_once(index, parent);
        let expected = format!(
            "expected {} of {} at one time, from fork to wait",
            bounds.of("child", "children"),
            it.children_of
        );
        let seen = format!("{} had {most}", index.name(parent));
        match bounds.place(most) {
            Ordering::Equal => {}
            Ordering::Less => {
                return Some(Fault::missing(
                    "not-parallel",
                    format!("{expected}; {seen}"),
                ));
            }
            Ordering::Greater => {
                return Some(Fault::misuse(
                    "too-many-at-once",
                    format!("{expected}; {seen}"),
                ));
            }
        }
    }
    None
}

/// The most children of a process at one time, from fork to reap.
fn most_at_once(index: &Index<'_>, parent: ProcessId) -> u64 {
    let mut changes: Vec<(Place, bool)> = Vec::new();
    for (place, event) in index.events_of(parent) {
        if let What::Fork { child } = event.what {
            changes.push((place, true));
            let discarded = index
                .process(child)
                .is_some_and(|it| matches!(it.reaped, Some(Reaped { by: None, .. })));
            let gone = index
                .reap(child)
                .or_else(|| index.exit(child).filter(|_| discarded));
            changes.extend(gone.map(|place| (place, false)));
        }
    }
    changes.sort_unstable();
    let (mut now, mut most) = (0_u64, 0_u64);
    for (_, born) in changes {
        now = if born { now + 1 } else { now.saturating_sub(1) };
        most = most.max(now);
    }
    most
}

pub(super) fn reaped(index: &Index<'_>, it: &ReapedAll) -> Option<Fault> {
    index.children(&it.children_of).find_map(|(parent, child)| {
        let by = match index.process(child)?.reaped {
            None => Some("nobody".to_owned()),
            Some(Reaped { by: None, .. }) => it
                .by
                .is_some()
                .then(|| "the kernel alone, because SIGCHLD is ignored,".to_owned()),
            Some(Reaped { by: Some(by), .. }) => match &it.by {
                Some(who) if !index.means(who, by) => Some(index.name(by)),
                _ => None,
            },
        }?;
        let whom = match &it.by {
            Some(who) => format!("by {who}"),
            None => "by somebody".to_owned(),
        };
        let message = format!(
            "expected every child of {} to be waited for {whom}; {by} waited for {}, a child of {}",
            it.children_of,
            index.name(child),
            index.name(parent)
        );
        Some(Fault::neglect("child-not-reaped", message))
    })
}

pub(super) fn computed(index: &Index<'_>, it: &Computed, arguments: usize) -> Option<Fault> {
    let bounds = it.cpu_ms.bounds(arguments);
    let used = index
        .processes(&it.process)
        .filter_map(|process| index.process(process));
    let used = used.map(|process| process.cpu).sum::<u64>() / 1000;
    let expected = format!("expected {} to use", it.process);
    let amount = bounds.of("ms of CPU time", "ms of CPU time");
    match bounds.place(used) {
        Ordering::Equal => None,
        Ordering::Less => {
            let message =
                format!("{expected} {amount}; less was used, so the work was not done there");
            Some(Fault::missing(FAKED_OUTPUT, message))
        }
        Ordering::Greater => {
            let message = format!("{expected} {amount}; more was used");
            Some(Fault::misuse("busy-wait", message))
        }
    }
}

pub(super) fn zombies(index: &Index<'_>, it: &Zombies, arguments: usize) -> Option<Fault> {
    let mut seen = 0;
    for (_, child) in index.children(&it.children_of) {
        let Some((from, to)) = zombie_span(index, child) else {
            continue;
        };
        if it
            .longest_ms
            .is_some_and(|longest| to.saturating_sub(from) > longest.saturating_mul(1000))
        {
            let message = format!(
                "expected no child of {} to be a zombie for more than {} ms; {} was one for longer",
                it.children_of,
                it.longest_ms.unwrap_or_default(),
                index.name(child)
            );
            return Some(Fault::neglect("zombie-kept", message));
        }
        // The wait began after the child's end: until then nobody waited for it.
        let wait_began = index
            .reap(child)
            .and_then(|place| index.record.events.get(place));
        seen += u64::from(wait_began.is_none_or(|event| event.at > from));
    }
    let bounds = it.count?.bounds(arguments);
    let message = format!(
        "expected {} of {} to be a zombie while nobody waits; there {}",
        bounds.of("child", "children"),
        it.children_of,
        match bounds.place(seen) {
            Ordering::Equal => return None,
            Ordering::Less => "were fewer",
            Ordering::Greater => "were more",
        }
    );
    Some(if seen < bounds.least {
        Fault::missing("zombie-faked", message)
    } else {
        Fault::neglect("zombie-kept", message)
    })
}

/// From when to when a process was a zombie; `None` where it never was.
fn zombie_span(index: &Index<'_>, child: ProcessId) -> Option<(u64, u64)> {
    let process = index.process(child)?;
    let from = process.end?.at;
    let to = match process.reaped {
        Some(Reaped { by: None, .. }) => return None,
        Some(reaped) => reaped.at,
        // A zombie whose parent ends has a new parent, which waits for it.
        None => process
            .parent
            .and_then(|parent| index.process(parent)?.end)
            .map_or(from, |end| end.at),
    };
    Some((from, to))
}

pub(super) fn adopted(index: &Index<'_>, it: &AdoptedOrphans, arguments: usize) -> Option<Fault> {
    let adoptions = index.record.events.iter().filter(|event| {
        let What::Adopted { by } = event.what else {
            return false;
        };
        let is_adopter = match (&it.by, by) {
            (None, _) | (Some(Adopter::System), None) => true,
            (Some(Adopter::Process(who)), Some(by)) => index.means(who, by),
            (Some(Adopter::System), Some(_)) | (Some(Adopter::Process(_)), None) => false,
        };
        is_adopter && index.means(&it.process, event.process)
    });
    let seen = wide(adoptions.count());
    let bounds = it.count.bounds(arguments);
    let by = match &it.by {
        None => String::new(),
        Some(Adopter::System) => " by the system's first process".to_owned(),
        Some(Adopter::Process(who)) => format!(" by {who}"),
    };
    let message = format!(
        "expected {} to be adopted{by} ({}); there {}",
        bounds.of("orphan", "orphans"),
        it.process,
        match bounds.place(seen) {
            Ordering::Equal => return None,
            Ordering::Less => "were fewer",
            Ordering::Greater => "were more",
        }
    );
    Some(if seen < bounds.least {
        Fault::missing("adopted-otherwise", message)
    } else {
        Fault::neglect("adopted-otherwise", message)
    })
}

/// The path by which every process reaches the program that it runs.
const ITSELF: &str = "/proc/self/exe";

/// Whether a program that was executed is the one that was started first, by whatever path.
fn is_itself(index: &Index<'_>, program: &str) -> bool {
    let first = index.record.events.first().map(|it| &it.what);
    let file = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let is_link = program.starts_with("/proc/") && program.ends_with("/exe");
    // A descriptor has no path: fexecve(3).
    let is_descriptor = program.is_empty() || program.starts_with("/dev/fd/");
    let is_named = matches!(first, Some(What::Exec { program: own }) if file(own) == file(program));
    is_link || is_descriptor || is_named
}

pub(super) fn executed(index: &Index<'_>, it: &Executed, arguments: usize) -> Option<Fault> {
    let mut seen = 0;
    let mut other = None;
    for execution in &index.executions {
        // The very first is how the program itself was started.
        if execution.place == 0 || !index.means(&it.by, execution.process) {
            continue;
        }
        let Some(What::Exec { program }) =
            index.record.events.get(execution.place).map(|it| &it.what)
        else {
            continue;
        };
        let file = program.rsplit('/').next().unwrap_or_default();
        match &it.program {
            Some(wanted) if wanted == ITSELF && is_itself(index, program) => seen += 1,
            Some(wanted) if wanted != program && wanted != file => {
                other = other.or(Some((execution.process, program)));
            }
            _ => seen += 1,
        }
    }
    let bounds = it.count.bounds(arguments);
    let what = match &it.program {
        Some(program) => format!("`{program}`"),
        None => "another program".to_owned(),
    };
    let times = match seen {
        0 => "never".to_owned(),
        1 => "once".to_owned(),
        more => format!("{more} times"),
    };
    let mut message = format!(
        "expected {what} to be executed by {} ({} in all); that happened {times}",
        it.by,
        bounds.of("time", "times")
    );
    if let Some((process, program)) = other {
        message.push_str(&format!(
            ", and {} executed `{}`",
            index.name(process),
            shown(program)
        ));
    }
    match bounds.place(seen) {
        Ordering::Equal => None,
        Ordering::Less if seen == 0 && other.is_none() => {
            Some(Fault::missing(FAKED_OUTPUT, message))
        }
        Ordering::Less => Some(Fault::missing("wrong-program-executed", message)),
        Ordering::Greater => Some(Fault::misuse("wrong-program-executed", message)),
    }
}

pub(super) fn named(index: &Index<'_>, it: &Named) -> Option<Fault> {
    let mut names = Vec::new();
    for process in index.processes(&it.process) {
        let name = index.name_at_last(process).filter(|(_, given)| {
            // A program that is executed brings its name with it; nobody has chosen it.
            *given == NameGiven::Chosen || !it.names.is_empty()
        });
        let Some((name, _)) = name else {
            let message = format!(
                "expected {} to give itself a name; {} did not",
                it.process,
                index.name(process)
            );
            return Some(Fault::missing("unnamed-process", message));
        };
        names.push((cut(name), process));
    }
    if names.is_empty() {
        let message = format!(
            "expected {} to give itself a name; there is no such process",
            it.process
        );
        return Some(Fault::missing("unnamed-process", message));
    }
    let mut wanted: Vec<&str> = it.names.iter().map(|name| cut(name)).collect();
    if wanted.is_empty() {
        return None;
    }
    for (name, process) in &names {
        match wanted.iter().position(|it| it == name) {
            Some(at) => drop(wanted.swap_remove(at)),
            None => {
                let message = format!(
                    "expected {} to have the names `{}`; {} has the name `{}`",
                    it.process,
                    it.names.join("`, `"),
                    index.name(*process),
                    shown(name)
                );
                return Some(Fault::missing("unnamed-process", message));
            }
        }
    }
    let missing = wanted.first()?;
    let message = format!(
        "expected {} to have the name `{missing}` among them; none has it",
        it.process
    );
    Some(Fault::missing("unnamed-process", message))
}

/// As much of a name as the kernel keeps.
fn cut(name: &str) -> &str {
    let end = (0..=NAME_BYTES)
        .rev()
        .find(|end| name.is_char_boundary(*end));
    name.get(..end.unwrap_or(0)).unwrap_or(name)
}

pub(super) fn ended(index: &Index<'_>, it: &EndedAs) -> Option<Fault> {
    let ways: Vec<String> = it.how.iter().map(ToString::to_string).collect();
    let expected = format!("expected {} to end {}", it.process, ways.join(" or "));
    let mut seen = Vec::new();
    for process in index.processes(&it.process) {
        let name = index.name(process);
        let Some(end) = index.process(process).and_then(|it| it.end) else {
            let message = format!("{expected}; {name} did not end by itself");
            return Some(Fault::neglect("ended-otherwise", message));
        };
        if !it.how.iter().any(|how| how.matches(end.how)) {
            let message = format!("{expected}; {name} ended {}", Ended::from(end.how));
            return Some(Fault::misuse("ended-otherwise", message));
        }
        seen.push(end.how);
    }
    let unseen = it
        .how
        .iter()
        .find(|how| !seen.iter().any(|seen| how.matches(*seen)))?;
    let message = format!("{expected}; none ended {unseen}");
    Some(Fault::missing("ended-otherwise", message))
}
