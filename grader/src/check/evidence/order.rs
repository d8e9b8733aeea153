//! Order: one thing before another, in the one order of all events.

use super::Fault;
use super::calls;
use super::index::{Index, Place};
use crate::course::evidence::{Deed, Moment, OrderOfEvents};
use crate::record::{Direction, Event, ObjectId, What};

pub(super) fn order(index: &Index<'_>, it: &OrderOfEvents) -> Option<Fault> {
    let last = moments(index, &it.last).last();
    let first = moments(index, &it.before_first).next();
    let (earlier, later) = (words(&it.last), words(&it.before_first));
    let expected = format!("expected {earlier} before {later}");
    match (last, first) {
        (Some((last, _)), Some((first, _))) if last < first => None,
        (Some((_, last)), Some((_, first))) => {
            let (late, early) = (index.name(last.process), index.name(first.process));
            let where_seen = if late == early {
                format!("in {late}")
            } else {
                format!("{late} came after {early}")
            };
            let message = format!("{expected}; it was the other way round: {where_seen}");
            Some(Fault::misuse("wrong-order", message))
        }
        (None, _) => Some(Fault::missing(
            "wrong-order",
            format!("{expected}; the first never happened"),
        )),
        (_, None) => Some(Fault::missing(
            "wrong-order",
            format!("{expected}; the second never happened"),
        )),
    }
}

fn moments<'s>(
    index: &'s Index<'_>,
    moment: &'s Moment,
) -> impl Iterator<Item = (Place, &'s Event)> {
    let events = index.record.events.iter().enumerate();
    events.filter(|(_, event)| {
        index.means(&moment.process, event.process) && is_deed(index, moment, event)
    })
}

fn is_deed(index: &Index<'_>, moment: &Moment, event: &Event) -> bool {
    let (deed, object): (Deed, Option<ObjectId>) = match &event.what {
        What::Fork { .. } => (Deed::Fork, None),
        What::Exec { .. } => (Deed::Exec, None),
        What::Exit { .. } => (Deed::Exit, None),
        What::Reap { .. } => (Deed::Reap, None),
        What::Name { .. } => (Deed::Rename, None),
        What::Kill { signal, .. } if is_signal(moment, *signal) => (Deed::SendSignal, None),
        What::Signal { signal, .. } if is_signal(moment, *signal) => (Deed::GetSignal, None),
        What::Open { object, .. } => (Deed::Open, Some(*object)),
        What::Close { object, .. } => (Deed::Close, *object),
        What::Map { object, .. } => (Deed::Map, Some(*object)),
        What::Transfer {
            direction, object, ..
        } => match direction {
            Direction::In => (Deed::Read, Some(*object)),
            Direction::Out => (Deed::Write, Some(*object)),
        },
        What::Call {
            error: None,
            object,
            ..
        } => (Deed::Call, *object),
        _ => return false,
    };
    let is_object = match &moment.object {
        None => true,
        Some(which) => object.is_some_and(|object| index.is_one(which, object)),
    };
    // A call that has an event of its own can be meant by its name as well.
    let is_deed = match moment.does {
        Deed::Call => moment.call.as_deref() == calls::name(&event.what),
        does => does == deed,
    };
    is_deed && is_object
}

fn is_signal(moment: &Moment, signal: i32) -> bool {
    moment.signal.is_none_or(|wanted| wanted.number() == signal)
}

/// Such as: every write of the program to pipe 1.
fn words(moment: &Moment) -> String {
    let what = match moment.does {
        Deed::Fork => "fork",
        Deed::Exec => "exec",
        Deed::Exit => "end",
        Deed::Reap => "wait",
        Deed::Rename => "change of name",
        Deed::SendSignal => "signal sent",
        Deed::GetSignal => "signal received",
        Deed::Open => "open",
        Deed::Close => "close",
        Deed::Read => "read",
        Deed::Write => "write",
        Deed::Map => "mmap",
        Deed::Call => moment.call.as_deref().unwrap_or("call"),
    };
    let signal = moment
        .signal
        .map_or_else(String::new, |signal| format!("{signal} "));
    let object = moment
        .object
        .as_ref()
        .map_or_else(String::new, |which| format!(" on {which}"));
    format!("every `{signal}{what}` by {}{object}", moment.process)
}
