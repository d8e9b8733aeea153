//! Where in a run a finding happened, as far as the record shows it.
//!
//! A finding names its diagnosis and no event. What each diagnosis looks like in a record is known here; one that is not
//! in the list is marked at the end of the process that its message names first, if it names one.

use super::picture::Place;
use crate::record::{Ending, Event, Exit, Micros, Process, ProcessId, Record, What};
use crate::verdict::Finding;

/// Places that are marked for one finding.
const PLACES: usize = 8;

/// The exit code of a Rust program that panicked.
const PANIC: Exit = Exit::Code(101);

/// The places of a finding, the first ones.
pub(super) fn locate(record: &Record, finding: &Finding, span: Micros) -> Vec<Place> {
    let name = finding.diagnosis.as_str();
    let mut places = match name {
        "child-not-reaped" | "announced-before-reaped" | "zombie-counted-alive" => {
            ends(record, |at, process| at != 0 && process.reaped.is_none())
        }
        "killed-by-signal" => ends(record, |_, it| {
            it.end.is_some_and(|end| matches!(end.how, Exit::Signal(_)))
        }),
        "panicked" | "still-todo" | "integer-overflow" => {
            ends(record, |_, it| it.end.is_some_and(|end| end.how == PANIC))
        }
        "wrong-exit-code" | "child-fell-through" => ends(record, |at, it| {
            at == 0 || (name == "child-fell-through" && it.parent.is_some())
        }),
        "descriptor-closed-twice" => calls(record, |call, error| {
            call.starts_with("close") && error == Some("EBADF")
        }),
        "eintr-not-retried" => calls(record, |_, error| error == Some("EINTR")),
        "exec-failure-returned-into-caller" => calls(record, |call, error| {
            call.starts_with("exec") && error.is_some()
        }),
        "fd-leaked-at-exec" | "descriptor-leaked" => events(record, |event| {
            matches!(event.what, What::Exec { .. }) && event.process != 0
        }),
        _ => Vec::new(),
    };
    let ended_from_outside = matches!(record.ending, Ending::Hung | Ending::Exceeded { .. });
    if places.is_empty() && ended_from_outside {
        places = stuck(record);
    }
    let mentioned = mentioned(record, finding);
    if places.is_empty() && finding.difference.is_none() {
        places = ends(record, |at, _| mentioned.first() == Some(&at));
    }
    if places.iter().any(|it| mentioned.contains(&it.process)) {
        places.retain(|it| mentioned.contains(&it.process));
    }
    for place in &mut places {
        place.at = place.at.min(span);
    }
    places.truncate(PLACES);
    places
}

/// The processes that the message names, in its order.
fn mentioned(record: &Record, finding: &Finding) -> Vec<ProcessId> {
    let parts = finding.message.split("[pid ").skip(1);
    let numbers = parts.filter_map(|part| part.split_once(']')?.0.parse::<usize>().ok());
    let known = numbers.filter_map(|number| number.checked_sub(1));
    known.filter(|it| *it < record.processes.len()).collect()
}

/// The ends of some processes, by number and process.
fn ends(record: &Record, wanted: impl Fn(usize, &Process) -> bool) -> Vec<Place> {
    let processes = record.processes.iter().enumerate();
    let wanted = processes.filter(|(at, process)| wanted(*at, process));
    wanted
        .filter_map(|(process, it)| {
            it.end.map(|end| Place {
                process,
                at: end.at,
            })
        })
        .collect()
}

/// Some calls, by name and error.
fn calls(record: &Record, wanted: impl Fn(&str, Option<&str>) -> bool) -> Vec<Place> {
    events(record, |event| match &event.what {
        What::Call { call, error, .. } => wanted(call, error.as_deref()),
        _ => false,
    })
}

fn events(record: &Record, wanted: impl Fn(&Event) -> bool) -> Vec<Place> {
    let events = record.events.iter().filter(|event| wanted(event));
    let places = events.map(|event| Place {
        process: event.process,
        at: event.until.unwrap_or(event.at),
    });
    places.collect()
}

/// Where processes that did not end went into the calls that they did not leave.
fn stuck(record: &Record) -> Vec<Place> {
    events(record, |event| {
        let lives = record.processes.get(event.process);
        let lives = lives.is_some_and(|process| process.end.is_none());
        lives && event.until.is_none() && matches!(event.what, What::Call { .. })
    })
}
