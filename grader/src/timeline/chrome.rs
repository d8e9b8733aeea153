//! The picture as Chrome trace events, for ui.perfetto.dev and chrome://tracing.
//!
//! Lives, zombies and calls are complete events (`X`), moments are instants (`i`), arrows are flows (`s`, `f`). Slices of
//! one track must lie inside each other; calls of several threads at once do not, and get tracks of their own.
//!
//! See "Trace Event Format", <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>.

use serde_json::{Value, json};

use super::picture::{ArrowKind, Lane, Picture, Place, PointKind, Segment, SegmentKind};
use crate::record::Micros;

/// The track of a process' second thread in a call at the same time is this much further on.
const TRACKS: usize = 1_000_000;

/// The picture as JSON that ends with a newline.
#[must_use]
pub fn render(picture: &Picture) -> String {
    let mut events = Vec::new();
    for (order, lane) in picture.lanes.iter().enumerate() {
        events.extend(names(lane, order));
        events.extend(life(lane));
        events.extend(calls(lane));
        events.extend(moments(lane));
        for (number, at) in picture.diagnosed(lane.process) {
            let found = &picture.diagnoses[number - 1];
            let args = json!({ "message": found.message });
            events.push(instant(
                &found.diagnosis,
                "diagnosis",
                lane.process,
                at,
                args,
            ));
        }
    }
    for (id, arrow) in picture.arrows.iter().enumerate() {
        events.extend(flow(id, arrow.kind, arrow.from, arrow.to));
    }
    let trace = json!({
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": { "title": picture.title, "ending": picture.ending },
    });
    trace.to_string() + "\n"
}

fn names(lane: &Lane, order: usize) -> [Value; 3] {
    let pid = lane.process + 1;
    let name = match &lane.name {
        Some(name) => format!("{} {name}", lane.label()),
        None => lane.label(),
    };
    [
        json!({ "ph": "M", "name": "process_name", "pid": pid, "tid": pid, "args": { "name": name } }),
        json!({ "ph": "M", "name": "process_sort_index", "pid": pid, "tid": pid, "args": { "sort_index": order } }),
        json!({ "ph": "M", "name": "thread_name", "pid": pid, "tid": pid, "args": { "name": "life" } }),
    ]
}

fn life(lane: &Lane) -> Vec<Value> {
    let pid = lane.process + 1;
    let facts = json!({ "facts": lane.said });
    let mut events = vec![slice(
        "process",
        "life",
        pid,
        pid,
        (lane.born, lane.until),
        facts,
    )];
    if let Some(zombie) = lane.zombie {
        events.push(slice("zombie", "zombie", pid, pid, zombie, json!({})));
    }
    events
}

/// The segments, each on the first track on which it lies after or inside everything before it.
fn calls(lane: &Lane) -> Vec<Value> {
    let pid = lane.process + 1;
    // The ends of the slices that are open on each track, the innermost last.
    let mut tracks: Vec<Vec<Micros>> = vec![vec![lane.until]];
    let mut events = Vec::new();
    for segment in &lane.segments {
        let fits = |open: &mut Vec<Micros>| {
            open.retain(|until| *until > segment.from);
            open.last().is_none_or(|until| *until >= segment.until)
        };
        let track = match tracks.iter_mut().position(fits) {
            Some(track) => track,
            None => {
                tracks.push(Vec::new());
                tracks.len() - 1
            }
        };
        tracks[track].push(segment.until);
        let span = (segment.from, segment.until);
        let args = json!({ "what": segment.said, "returned": segment.returned });
        events.push(slice(
            &segment.short,
            category(segment),
            pid,
            pid + track * TRACKS,
            span,
            args,
        ));
    }
    events
}

fn category(segment: &Segment) -> &'static str {
    match segment.kind {
        SegmentKind::Call => "call",
        SegmentKind::Transfer => "io",
        SegmentKind::Stopped => "stopped",
    }
}

fn moments(lane: &Lane) -> impl Iterator<Item = Value> {
    lane.points.iter().map(|point| {
        let category = match point.kind {
            PointKind::Sent | PointKind::Received => "signal",
            PointKind::Transfer => "io",
            PointKind::Refused => "error",
            _ => "process",
        };
        instant(&point.said, category, lane.process, point.at, json!({}))
    })
}

fn slice(
    name: &str,
    category: &str,
    pid: usize,
    tid: usize,
    (from, until): (Micros, Micros),
    args: Value,
) -> Value {
    json!({
        "ph": "X", "name": name, "cat": category, "pid": pid, "tid": tid,
        "ts": from, "dur": until.saturating_sub(from), "args": args,
    })
}

fn instant(name: &str, category: &str, process: usize, at: Micros, args: Value) -> Value {
    let pid = process + 1;
    json!({
        "ph": "i", "s": "t", "name": name, "cat": category, "pid": pid, "tid": pid, "ts": at, "args": args,
    })
}

/// The two ends of an arrow, each bound to the slice around it.
fn flow(id: usize, kind: ArrowKind, from: Place, to: Place) -> [Value; 2] {
    let name = match kind {
        ArrowKind::Fork => "fork",
        ArrowKind::Reap => "reap",
        ArrowKind::Signal => "signal",
    };
    let end = |phase: &str, place: Place| {
        let pid = place.process + 1;
        json!({
            "ph": phase, "bp": "e", "id": id + 1, "name": name, "cat": "flow",
            "pid": pid, "tid": pid, "ts": place.at,
        })
    };
    [end("s", from), end("f", to)]
}
