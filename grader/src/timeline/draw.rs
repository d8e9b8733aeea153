//! Makes the picture of a record.
//!
//! A record can be cut, or come from a file: numbers in it that lead nowhere draw nothing.

use super::fold::fold;
use super::locate::locate;
use super::picture::{Diagnosed, Heading, Lane, Picture, Point, PointKind};
use super::scale::{Scale, float};
use super::words;
use crate::record::order::in_tree_order;
use crate::record::{Ending, Exit, Micros, Process, ProcessId, Record};
use crate::verdict::Finding;

mod arrows;
mod events;

use arrows::{lives, signals};
use events::add;

/// Processes that are drawn.
const LANES: usize = 2000;

/// Events that are drawn.
const EVENTS: usize = 20_000;

/// The room of a moment at which nothing happens that other processes can notice; see [`Scale::of`].
const MINOR: f64 = 0.1;

/// A call of so many microseconds gets room as if it mattered; a shorter one less.
const WORTH_A_LOOK: f64 = 500.0;

/// Draws a record and what was found in it.
#[must_use]
pub fn draw(heading: Heading<'_>, record: &Record, findings: &[Finding]) -> Picture {
    let span = span(record);
    let order = in_tree_order(&record.processes);
    let mut lanes: Vec<Lane> = order
        .iter()
        .take(LANES)
        .map(|(process, depth)| lane(record, *process, *depth, span))
        .collect();
    let places = {
        let mut places = vec![None; record.processes.len()];
        for (at, lane) in lanes.iter().enumerate() {
            places[lane.process] = Some(at);
        }
        places
    };
    let events = &record.events[..record.events.len().min(EVENTS)];
    for event in events {
        if let Some(Some(lane)) = places.get(event.process) {
            add(&mut lanes[*lane], record, event);
        }
    }
    let drawn = |process: ProcessId| places.get(process).copied().flatten().is_some();
    let mut arrows = lives(record);
    arrows.extend(signals(events));
    arrows.retain(|arrow| drawn(arrow.from.process) && drawn(arrow.to.process));
    let diagnoses = findings
        .iter()
        .map(|finding| Diagnosed {
            diagnosis: finding.diagnosis.clone(),
            message: finding.message.clone(),
            places: locate(record, finding, span),
        })
        .collect();
    let mut picture = Picture {
        title: match heading.case {
            Some(case) => format!("{}, case {case}", heading.exercise),
            None => heading.exercise.to_owned(),
        },
        ending: words::ending(record.ending),
        traced: record.traced,
        processes: record.processes.len(),
        span,
        scale: Scale::of([], span),
        lanes,
        rows: Vec::new(),
        arrows,
        diagnoses,
        leftovers: leftovers(record),
        notes: notes(record),
    };
    for lane in &mut picture.lanes {
        lane.segments.sort_by_key(|it| it.from);
        // Of what happens at one moment, the end is the last.
        let is_end = |it: &Point| matches!(it.kind, PointKind::Exited | PointKind::Failed);
        lane.points.sort_by_key(|it| (it.at, is_end(it)));
    }
    picture.scale = Scale::of(moments(&picture), span);
    picture.rows = fold(&picture, record);
    picture
}

/// The last moment that anything in the record speaks of.
fn span(record: &Record) -> Micros {
    let ends = record.processes.iter().flat_map(|it| {
        let end = it.end.map(|end| end.at);
        let reaped = it.reaped.map(|reaped| reaped.at);
        [Some(it.born), end, reaped]
    });
    let events = record.events.iter().flat_map(|it| [Some(it.at), it.until]);
    let last = ends.chain(events).flatten().max().unwrap_or(0);
    last.max(record.usage.wall_us).max(1)
}

/// The lane of a process, without events.
fn lane(record: &Record, id: ProcessId, depth: usize, span: Micros) -> Lane {
    let process = &record.processes[id];
    // The program itself is the runner's child, and the runner takes its time.
    let end = process.end.filter(|_| id != 0 || process.reaped.is_some());
    let zombie = end.map(|end| {
        let reaped = process.reaped.map_or(span, |reaped| reaped.at);
        (end.at, reaped.max(end.at))
    });
    let mut lane = Lane {
        process: id,
        depth,
        name: None,
        born: process.born,
        until: process.end.map_or(span, |end| end.at).max(process.born),
        how: process.end.map(|end| end.how),
        zombie: zombie.filter(|(from, until)| from < until),
        segments: Vec::new(),
        points: Vec::new(),
        said: life(process, id),
    };
    if let Some(end) = process.end {
        lane.points.push(Point {
            kind: if end.how == Exit::Code(0) {
                PointKind::Exited
            } else {
                PointKind::Failed
            },
            at: end.at,
            object: None,
            said: words::exit(end.how),
        });
    }
    lane
}

/// A process in words, a line for each fact.
fn life(process: &Process, id: ProcessId) -> Vec<String> {
    let mut said = Vec::new();
    said.push(match process.parent {
        Some(parent) => format!(
            "born at {}, forked by {}",
            words::time(process.born),
            words::label(parent)
        ),
        None => format!("born at {}", words::time(process.born)),
    });
    match process.end {
        Some(end) => said.push(format!(
            "{} at {}",
            words::exit(end.how),
            words::time(end.at)
        )),
        None => said.push("did not end by itself".to_owned()),
    }
    match (process.reaped, process.end) {
        (Some(reaped), end) => {
            let by = reaped.by.map_or_else(
                || "by nobody: its parent ignores SIGCHLD".to_owned(),
                |by| format!("by {}", words::label(by)),
            );
            let zombie = end.map(|end| reaped.at.saturating_sub(end.at));
            let zombie = zombie.map_or(String::new(), |it| {
                format!(", a zombie for {}", words::time(it))
            });
            said.push(format!("reaped {by} at {}{zombie}", words::time(reaped.at)));
        }
        // The runner waits for the program itself.
        (None, Some(_)) if id != 0 => said.push("nobody in the run waited for it".to_owned()),
        (None, _) => {}
    }
    said.push(format!(
        "used {} of CPU time; its process id was {}",
        words::time(process.cpu),
        process.pid
    ));
    said
}

/// What outlived the run.
fn leftovers(record: &Record) -> Vec<String> {
    // Whoever the runner ended together with the program was not left by the program.
    let is_cut_off = matches!(record.ending, Ending::Hung | Ending::Exceeded { .. });
    let left = record.unreaped.iter();
    let left = left.filter(|it| !(it.still_running && is_cut_off));
    let processes = left.map(|left| {
        let known = record.processes.iter().position(|it| it.pid == left.pid);
        let name = known.map_or_else(|| format!("process {}", left.pid), words::label);
        if left.still_running {
            format!("{name} was still running when the program had ended")
        } else {
            format!("{name} was never waited for")
        }
    });
    let objects = record
        .leftovers
        .iter()
        .map(|left| format!("{} {} was not removed", left.kind.term(), left.name));
    processes.chain(objects).collect()
}

/// What else is to be known.
fn notes(record: &Record) -> Vec<String> {
    let mut notes = Vec::new();
    if !record.traced {
        notes.push("this host does not allow tracing: only output and ending are known".to_owned());
    }
    if record.events_cut || record.events.len() > EVENTS {
        notes.push("the run had more events than are kept: only its beginning is shown".to_owned());
    }
    if let Some(more @ 1..) = record.processes.len().checked_sub(LANES) {
        notes.push(format!("{more} more processes are not drawn"));
    }
    let unobserved = record.unobserved.iter();
    notes.extend(unobserved.map(|it| format!("not observed: {} ({})", it.what, it.why)));
    notes
}

/// Every moment that needs room on the axis, and how much.
fn moments(picture: &Picture) -> Vec<(Micros, f64)> {
    let mut moments = Vec::new();
    for lane in &picture.lanes {
        moments.extend([(lane.born, 1.0), (lane.until, 1.0)]);
        moments.extend(lane.zombie.map(|(_, until)| (until, 1.0)));
        for segment in &lane.segments {
            let length = segment.until.saturating_sub(segment.from);
            let room = (MINOR + float(length) / WORTH_A_LOOK).min(1.0);
            moments.extend([(segment.from, room), (segment.until, room)]);
        }
        for point in &lane.points {
            let room = match point.kind {
                PointKind::Other | PointKind::Transfer | PointKind::Refused => MINOR,
                _ => 1.0,
            };
            moments.push((point.at, room));
        }
    }
    moments
}
