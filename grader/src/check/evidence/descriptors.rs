//! Descriptors: ends that are open where they should be closed, leaks, double closes.

use super::Fault;
use super::index::{Holding, Index, LetGo, Place};
use super::processes::is_wait_for_signal;
use crate::course::evidence::{
    Before, ClosedInTime, NoLeakAtExec, NoneClosedTwice, NoneLeftOpen, PipeEnd,
};
use crate::record::{Direction, Event, Exit, ObjectId, ProcessId, What};

/// The last of the descriptors that every program has: standard error.
const LAST_STANDARD: i32 = 2;

pub(super) fn closed(index: &Index<'_>, it: &ClosedInTime) -> Option<Fault> {
    let held = index.holdings.iter().filter(|holding| {
        let is_end = match it.end {
            PipeEnd::Read => holding.reads,
            PipeEnd::Write => holding.writes,
        };
        is_end
            && index.means(&it.process, holding.process)
            && index.is_one(&it.object, holding.object)
    });
    held.filter_map(|holding| late(index, it, holding).map(|when| (holding, when)))
        .map(|(holding, when)| {
            let (end, own) = match it.end {
                PipeEnd::Read => ("read", "descriptor-leaked"),
                PipeEnd::Write => ("write", "write-end-left-open"),
            };
            let message = format!(
                "expected {} to close the {end} end of {}; {} still had it open (fd {}) when it {when}",
                it.process,
                index.object_name(holding.object),
                index.name(holding.process),
                holding.descriptor
            );
            Fault::misuse(own, message)
        })
        .next()
}

/// What the process did while it still had the end that it should have closed before.
fn late(index: &Index<'_>, it: &ClosedInTime, holding: &Holding) -> Option<String> {
    let ends = || matches!(holding.until, Some((_, LetGo::Exit))).then(|| "ended".to_owned());
    match it.before {
        Before::ItsEnd => ends(),
        Before::ItsOwnUse => {
            let (place, _) = index
                .events_of(holding.process)
                .find(|(_, event)| uses_other_end(event, holding.object, it.end))?;
            let verb = match it.end {
                PipeEnd::Write => "read from it",
                PipeEnd::Read => "wrote to it",
            };
            holding.is_held_at(place).then(|| verb.to_owned())
        }
        Before::ItWaits => {
            let is_used = index.record.events.iter().any(|event| {
                event.process != holding.process && uses_other_end(event, holding.object, it.end)
            });
            if !is_used {
                return None;
            }
            let waits = index
                .events_of(holding.process)
                .filter(|(place, _)| holding.is_held_at(*place));
            let first = waits
                .filter_map(|(place, event)| {
                    waits_for(index, event, holding.object).map(|what| (place, what))
                })
                .next();
            first
                .map(|(_, what)| format!("waited for {what}"))
                .or_else(ends)
        }
    }
}

/// Whether data goes through the end of an object that is not `end`, or is waited for there and never comes.
fn uses_other_end(event: &Event, object: ObjectId, end: PipeEnd) -> bool {
    let wanted = match end {
        PipeEnd::Write => Direction::In,
        PipeEnd::Read => Direction::Out,
    };
    match &event.what {
        What::Transfer {
            direction,
            object: used,
            ..
        } => *used == object && *direction == wanted,
        What::Call {
            call,
            object: Some(used),
            ..
        } => {
            let (read, write) = (
                call.contains("read") || call.contains("recv"),
                call.contains("write") || call.contains("send"),
            );
            *used == object && if wanted == Direction::In { read } else { write }
        }
        _ => false,
    }
}

/// Whether a call takes data out of an object: `read`, `recv`, `mq_receive` and their forms.
fn takes_out(call: &str) -> bool {
    ["read", "recv", "mq_receive"]
        .iter()
        .any(|name| call.contains(name))
}

/// What a process waits for that is not the object itself.
fn waits_for(index: &Index<'_>, event: &Event, object: ObjectId) -> Option<String> {
    match &event.what {
        What::Reap { child, .. } => Some(index.name(*child)),
        What::Call { call, .. } if is_wait_for_signal(call) => Some("a signal".to_owned()),
        // Waits that never came back.
        What::Call { call, .. } if event.until.is_none() && call.starts_with("wait") => {
            Some("a child".to_owned())
        }
        What::Call {
            call,
            object: Some(other),
            ..
        } if event.until.is_none() && *other != object && takes_out(call) => {
            Some(index.object_name(*other))
        }
        What::Transfer {
            direction: Direction::In,
            object: other,
            ..
        } if *other != object => Some(index.object_name(*other)),
        _ => None,
    }
}

pub(super) fn no_leak_at_exec(index: &Index<'_>, it: &NoLeakAtExec) -> Option<Fault> {
    index.executions.iter().find_map(|execution| {
        // The very first is how the program itself was started.
        if execution.place == 0 || !index.means(&it.by, execution.process) {
            return None;
        }
        let leaked = execution
            .inherited
            .iter()
            .find(|number| **number > LAST_STANDARD && !it.allowed.contains(number))?;
        let object = held_by(index, execution.process, *leaked, execution.place);
        let message = format!(
            "expected no descriptor but 0, 1 and 2 to be open in a program that is executed; fd {leaked} ({}) of {} was",
            object.map_or_else(|| "an object".to_owned(), |id| index.object_name(id)),
            index.name(execution.process)
        );
        Some(Fault::misuse("fd-leaked-at-exec", message))
    })
}

fn held_by(
    index: &Index<'_>,
    process: ProcessId,
    descriptor: i32,
    place: Place,
) -> Option<ObjectId> {
    let is_it = |it: &&Holding| {
        it.process == process && it.descriptor == descriptor && it.is_held_at(place)
    };
    index.holdings.iter().find(is_it).map(|it| it.object)
}

pub(super) fn none_left_open(index: &Index<'_>, it: &NoneLeftOpen) -> Option<Fault> {
    index.holdings.iter().find_map(|holding| {
        let exits = matches!(holding.until, Some((_, LetGo::Exit)));
        // Who is killed cannot close anything.
        let end = index.process(holding.process)?.end?;
        if !exits
            || matches!(end.how, Exit::Signal(_))
            || holding.descriptor <= LAST_STANDARD
            || !index.means(&it.process, holding.process)
            || !index.is_one(&it.object, holding.object)
        {
            return None;
        }
        let message = format!(
            "expected {} to close what it opens; {} ended with fd {} ({}) open",
            it.process,
            index.name(holding.process),
            holding.descriptor,
            index.object_name(holding.object)
        );
        Some(Fault::left("descriptor-leaked", message))
    })
}

pub(super) fn none_closed_twice(index: &Index<'_>, it: &NoneClosedTwice) -> Option<Fault> {
    index.record.events.iter().find_map(|event| match &event.what {
        What::Call {
            call,
            descriptor,
            error: Some(error),
            ..
        } if call == "close" && error == "EBADF" && index.means(&it.process, event.process) => {
            let which = descriptor.map_or_else(String::new, |number| format!(" fd {number}"));
            let message = format!(
                "expected every descriptor to be closed once; {} closed{which}, which was not open (EBADF)",
                index.name(event.process)
            );
            Some(Fault::misuse("descriptor-closed-twice", message))
        }
        _ => None,
    })
}
