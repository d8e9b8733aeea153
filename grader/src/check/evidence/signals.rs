//! Signals: sent by whom and to whom, how the receiver ended, and the time that it had.

use std::cmp::Ordering;

use super::Fault;
use super::index::{Index, Place};
use crate::course::evidence::{Aimed, Ended, Grace, SignalName, Signaled, Who};
use crate::record::{Exit, Micros, ProcessId, What};

const SIGTERM: i32 = 15;
const SIGKILL: i32 = 9;

pub(super) fn signaled(index: &Index<'_>, it: &Signaled, arguments: usize) -> Option<Fault> {
    let bounds = it.count.bounds(arguments);
    let mut seen = 0;
    let mut unlike = None;
    for target in index.processes(&it.to) {
        let sent = super::wide(sent(index, &it.from, target, it.signal.number()).len());
        seen += sent;
        let how = index
            .process(target)
            .and_then(|it| it.end)
            .map(|end| end.how);
        let is_so = |wanted: Ended| how.is_some_and(|how| wanted.matches(how));
        if sent > 0 && unlike.is_none() && it.ended.is_some_and(|wanted| !is_so(wanted)) {
            unlike = Some((target, how));
        }
    }
    let times = bounds.of("time", "times");
    let way = format!("{} from {} to {}", it.signal, it.from, it.to);
    match bounds.place(seen) {
        Ordering::Equal => {}
        Ordering::Less => {
            let seen = if seen == 0 {
                "it was not sent"
            } else {
                "it was sent less often"
            };
            let message = format!("expected {way} ({times}); {seen}");
            return Some(Fault::missing("signaled-otherwise", message));
        }
        Ordering::Greater => {
            let message = format!("expected {way} ({times}); it was sent more often");
            return Some(Fault::misuse("signaled-otherwise", message));
        }
    }
    let ((target, how), wanted) = (unlike?, it.ended?);
    let message = format!(
        "expected who gets {way} to end {wanted}; {} {}",
        index.name(target),
        match how {
            Some(how) => format!("ended {}", Ended::from(how)),
            None => "did not end by itself".to_owned(),
        }
    );
    Some(Fault::misuse("ended-otherwise", message))
}

/// When a signal was sent to a process: the places of the sender's calls. A call that names a group or a pidfd counts for
/// those whom the signal reached.
fn sent(index: &Index<'_>, from: &Who, target: ProcessId, signal: i32) -> Vec<(Place, Micros)> {
    let events = &index.record.events;
    let mut direct = Vec::new();
    let mut indirect = Vec::new();
    let mut arrived = Vec::new();
    for (place, event) in events.iter().enumerate() {
        match event.what {
            What::Kill { to, signal: it, .. }
                if it == signal && index.means(from, event.process) =>
            {
                match to {
                    Some(to) if to == target => direct.push((place, event.at)),
                    Some(_) => {}
                    None => indirect.push((place, event.at)),
                }
            }
            What::Signal {
                signal: it,
                from: Some(sender),
            } if it == signal && event.process == target && index.means(from, sender) => {
                arrived.push((place, event.at));
            }
            // SIGKILL is not delivered like others: the end is all that is seen of it.
            What::Exit {
                how: Exit::Signal(it),
            } if it == signal && signal == SIGKILL && event.process == target => {
                arrived.push((place, event.at));
            }
            _ => {}
        }
    }
    if direct.is_empty() && !indirect.is_empty() {
        let reached = arrived.len().min(indirect.len());
        indirect.truncate(reached);
        return indirect;
    }
    direct
}

pub(super) fn aimed(index: &Index<'_>, it: &Aimed) -> Option<Fault> {
    let events = index.record.events.iter().enumerate();
    let mut own = events.filter(|(_, event)| index.means(&it.from, event.process));
    own.find_map(|(place, event)| {
        let sender = index.name(event.process);
        let why = match &event.what {
            What::Kill { to: Some(to), .. } if *to != event.process => {
                let name = index.name(*to);
                if index.reap(*to).is_some_and(|reaped| reaped < place) {
                    format!("{sender} sent a signal to the number of {name}, which had been waited for")
                } else if it.by_number {
                    return None;
                } else {
                    format!("{sender} sent a signal to {name} by its number, which can be another's by then")
                }
            }
            What::Call {
                call,
                error: Some(error),
                ..
            } if error == "ESRCH" && BY_NUMBER.contains(&call.as_ref()) => {
                format!("{sender} called `{call}` for a number that nobody had any more (ESRCH)")
            }
            _ => return None,
        };
        let message = format!("expected signals that cannot reach a stranger; {why}");
        Some(Fault::misuse("signaled-a-stranger", message))
    })
}

/// Calls that take a process for what its number says.
const BY_NUMBER: [&str; 5] = ["kill", "tkill", "tgkill", "sigqueue", "pidfd_open"];

pub(super) fn grace(index: &Index<'_>, it: &Grace) -> Option<Fault> {
    let period = it.ms.saturating_mul(1000);
    let (term, kill) = (SignalName::of(SIGTERM), SignalName::of(SIGKILL));
    index.processes(&it.to).find_map(|target| {
        let (_, killed) = *sent(index, &it.from, target, SIGKILL).first()?;
        let expected = format!(
            "expected {} to get {term}, and {kill} only if it has not ended {} ms later",
            it.to, it.ms
        );
        let name = index.name(target);
        let asked = sent(index, &it.from, target, SIGTERM);
        let Some((_, asked)) = asked.first().filter(|(_, at)| *at <= killed) else {
            let message = format!("{expected}; {name} got {kill} at once");
            return Some(Fault::misuse("killed-without-grace", message));
        };
        let deadline = asked.saturating_add(period);
        // Who ends after the deadline may be gone at the moment of the kill: nobody can see to that.
        let end = index.process(target).and_then(|it| it.end);
        let obeyed = end.is_some_and(|end| end.at < killed && end.at < deadline);
        if obeyed {
            let message =
                format!("{expected}; {name} had ended in time, and got {kill} nevertheless");
            return Some(Fault::misuse("killed-though-it-obeyed", message));
        }
        (killed < deadline).then(|| {
            let message = format!("{expected}; {name} got {kill} sooner");
            Fault::misuse("killed-without-grace", message)
        })
    })
}
