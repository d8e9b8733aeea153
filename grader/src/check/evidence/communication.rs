//! Communication: data that went from one process to another, and memory that they share.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::index::{Flow, Index};
use super::{Fault, wide};
use crate::check::FAKED_OUTPUT;
use crate::course::evidence::{Mapped, PriorityOrder, Transferred, Writes};
use crate::record::{Direction, ObjectId, ObjectKind, ProcessId, What};

pub(super) fn transferred(index: &Index<'_>, it: &Transferred, arguments: usize) -> Option<Fault> {
    let between: Vec<&Flow> = index
        .flows
        .iter()
        // What a process reads that it has written itself went nowhere.
        .filter(|flow| flow.from != flow.to)
        .filter(|flow| index.means(&it.from, flow.from) && index.means(&it.to, flow.to))
        .collect();
    let flows: Vec<&Flow> = between
        .iter()
        .copied()
        .filter(|flow| index.is_one(&it.through, flow.object))
        .collect();
    let way = format!("from {} to {} through {}", it.from, it.to, it.through);
    let bytes = flows.iter().map(|flow| flow.bytes).sum::<u64>();
    let pieces: BTreeSet<usize> = flows.iter().map(|flow| flow.place).collect();
    let priorities: BTreeSet<u32> = flows.iter().filter_map(|flow| flow.priority).collect();
    let counts = [
        (("byte", "bytes"), Some(it.bytes), bytes),
        (("message", "messages"), it.messages, wide(pieces.len())),
        (
            ("priority", "different priorities"),
            it.distinct_priorities,
            wide(priorities.len()),
        ),
    ];
    for (what, count, seen) in counts {
        let Some(bounds) = count.map(|count| count.bounds(arguments)) else {
            continue;
        };
        let expected = format!("expected {} to go {way}", bounds.of(what.0, what.1));
        let is_priority = what.0 == "priority";
        match bounds.place(seen) {
            Ordering::Equal => {}
            Ordering::Less if seen > 0 => {
                let own = if is_priority {
                    "priority-ignored"
                } else {
                    "data-went-another-way"
                };
                return Some(Fault::missing(own, format!("{expected}; there were fewer")));
            }
            Ordering::Less => return Some(nothing(index, &between, expected)),
            Ordering::Greater => {
                let message = format!("{expected}; there were more");
                return Some(Fault::misuse("data-went-another-way", message));
            }
        }
    }
    let Some(PriorityOrder::NonIncreasing) = it.priorities else {
        return None;
    };
    let rises = |pair: &&[&Flow]| pair[0].priority < pair[1].priority;
    let pair = flows.windows(2).find(rises)?;
    let shown = |flow: &Flow| flow.priority.unwrap_or_default();
    let message = format!(
        "expected the most urgent message first, {way}; one of priority {} came after one of priority {}",
        shown(pair[1]),
        shown(pair[0])
    );
    Some(Fault::misuse("priority-ignored", message))
}

/// No data went the way that was expected; perhaps it went another one.
fn nothing(index: &Index<'_>, between: &[&Flow], expected: String) -> Fault {
    match between.first() {
        None => Fault::missing(FAKED_OUTPUT, format!("{expected}; there were none")),
        Some(flow) => {
            let message = format!(
                "{expected}; there were none, and some went through {}",
                index.object_name(flow.object)
            );
            Fault::missing("data-went-another-way", message)
        }
    }
}

pub(super) fn writes(index: &Index<'_>, it: &Writes, arguments: usize) -> Option<Fault> {
    let lengths: Vec<(ProcessId, u64)> = index
        .record
        .events
        .iter()
        .filter(|event| index.means(&it.by, event.process))
        .filter_map(|event| match event.what {
            What::Transfer {
                direction: Direction::Out,
                object,
                bytes,
                ..
            } if index.is_one(&it.object, object) => Some((event.process, bytes)),
            _ => None,
        })
        .collect();
    if let Some(longest) = it.longest
        && let Some((process, _)) = lengths.iter().find(|(_, bytes)| *bytes > longest)
    {
        let message = format!(
            "expected at most {longest} bytes at once to go into {}; {} wrote more",
            it.object,
            index.name(*process)
        );
        return Some(Fault::misuse("data-went-another-way", message));
    }
    let bounds = it.count?.bounds(arguments);
    let expected = format!(
        "expected {} that put data into {}, by {}",
        bounds.of("call", "calls"),
        it.object,
        it.by
    );
    match bounds.place(wide(lengths.len())) {
        Ordering::Equal => None,
        Ordering::Less if lengths.is_empty() => Some(Fault::missing(
            FAKED_OUTPUT,
            format!("{expected}; there were none"),
        )),
        Ordering::Less => {
            let message = format!("{expected}; there were fewer");
            Some(Fault::missing("data-went-another-way", message))
        }
        Ordering::Greater => {
            let message = format!("{expected}; there were more");
            Some(Fault::misuse("data-went-another-way", message))
        }
    }
}

pub(super) fn mapped(index: &Index<'_>, it: &Mapped, arguments: usize) -> Option<Fault> {
    let bounds = it.bytes.bounds(arguments);
    // Reading a file into memory with mmap shares nothing that a process could change.
    let objects = (0..index.record.objects.len()).filter(|id| {
        let is_memory = index
            .object(*id)
            .is_some_and(|it| it.kind != ObjectKind::Other);
        is_memory && index.is_one(&it.object, *id)
    });
    let mut lacking = None;
    for object in objects {
        match who_lacks(index, it, object, bounds) {
            None => return None,
            Some(who) => {
                let is_mapped = index.mappings.keys().any(|(_, mapped)| *mapped == object);
                lacking = lacking.or(is_mapped.then_some((object, who)));
            }
        }
    }
    let names: Vec<String> = it.by.iter().map(ToString::to_string).collect();
    let mut message = format!(
        "expected {} of {} to be mapped shared in {}; ",
        bounds.of("byte", "bytes"),
        it.object,
        names.join(" and ")
    );
    match lacking {
        None => message.push_str("no process mapped such memory"),
        Some((object, who)) => {
            message.push_str(&format!(
                "{} is not in the memory of {who}",
                index.object_name(object)
            ));
        }
    }
    Some(Fault::missing("private-mapping", message))
}

/// The first of those who should have an object in their memory and do not.
fn who_lacks(
    index: &Index<'_>,
    it: &Mapped,
    object: ObjectId,
    bounds: crate::course::evidence::Bounds,
) -> Option<String> {
    it.by.iter().find_map(|who| {
        let mut processes = index.processes(who).peekable();
        if processes.peek().is_none() {
            return Some(who.to_string());
        }
        processes
            .find(|process| {
                let bytes = index.mappings.get(&(*process, object));
                let is_resident = index
                    .record
                    .resident
                    .iter()
                    .any(|it| it.process == *process && it.object == object);
                bytes.is_none_or(|bytes| bounds.place(*bytes) != Ordering::Equal)
                    || it.resident && !is_resident
            })
            .map(|process| index.name(process))
    })
}
