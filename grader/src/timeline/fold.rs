//! Siblings that are alike share one row: 200 workers that do the same are one thing to look at.

use std::collections::HashMap;

use super::picture::{Lane, Picture, PointKind, Row, SegmentKind};
use crate::record::{ProcessId, Record};

/// A picture of no more rows shows every process.
const EASY_TO_READ: usize = 12;

/// Above so many rows, siblings need not do the same in the same order to be alike.
const HARD_TO_READ: usize = 40;

/// Fewer siblings stay apart.
const FEWEST: usize = 4;

/// What siblings must have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// What they did, in its order, and their fate.
    Deeds,
    /// Their fate alone: how they ended, who reaped them, what they never came back from.
    Fate,
}

/// The rows of a picture whose lanes are complete.
pub(super) fn fold(picture: &Picture, record: &Record) -> Vec<Row> {
    let apart = || (0..picture.lanes.len()).map(Row::One).collect();
    if picture.lanes.len() <= EASY_TO_READ {
        return apart();
    }
    let rows = fold_by(picture, record, Likeness::Deeds);
    if rows.len() <= HARD_TO_READ {
        return rows;
    }
    fold_by(picture, record, Likeness::Fate)
}

/// Puts leaves of the tree that have one parent and one likeness into one row, in the place of the first.
fn fold_by(picture: &Picture, record: &Record, likeness: Likeness) -> Vec<Row> {
    let mut is_parent = vec![false; record.processes.len()];
    for process in &record.processes {
        if let Some(parent) = process.parent.and_then(|it| is_parent.get_mut(it)) {
            *parent = true;
        }
    }
    let mut groups: HashMap<(Option<ProcessId>, String), Vec<usize>> = HashMap::new();
    let mut rows: Vec<Option<usize>> = Vec::new();
    let mut keys = Vec::new();
    for (at, lane) in picture.lanes.iter().enumerate() {
        // Whoever is diagnosed is shown.
        let stands_out =
            is_parent[lane.process] || picture.diagnosed(lane.process).next().is_some();
        let key = (!stands_out).then(|| {
            let parent = record.processes[lane.process].parent;
            (parent, fingerprint(record, lane, likeness))
        });
        if let Some(key) = &key {
            groups.entry(key.clone()).or_default().push(at);
        }
        keys.push(key);
        rows.push(Some(at));
    }
    let mut folded = Vec::new();
    for (at, key) in keys.iter().enumerate() {
        let group = key.as_ref().and_then(|key| groups.get(key));
        match group.filter(|group| group.len() >= FEWEST) {
            Some(group) if group[0] == at => folded.push(Row::Alike(group.clone())),
            Some(_) => {}
            None => folded.push(Row::One(at)),
        }
    }
    folded
}

/// A text that is equal for lanes that are alike.
fn fingerprint(record: &Record, lane: &Lane, likeness: Likeness) -> String {
    let process = &record.processes[lane.process];
    let reaper = process.reaped.map(|it| it.by);
    let left = record.unreaped.iter().find(|it| it.pid == process.pid);
    let left = left.map(|it| it.still_running);
    let mut text = format!("{:?} {:?} {reaper:?} {left:?}", lane.name, lane.how);
    let stuck = lane.segments.iter().filter(|it| !it.returned);
    for segment in stuck {
        // Each may wait on a pipe of its own.
        text.push_str(segment.short.split(' ').next().unwrap_or_default());
    }
    if likeness == Likeness::Fate {
        return text;
    }
    let stops = lane.segments.iter();
    let stops = stops.filter(|it| it.kind == SegmentKind::Stopped).count();
    text.push_str(&format!(" {stops}"));
    for point in &lane.points {
        match point.kind {
            PointKind::Exec | PointKind::Received => text.push_str(&point.said),
            PointKind::Sent | PointKind::Refused | PointKind::Intervention => {
                text.push_str(&format!(" {:?}", point.kind));
            }
            _ => {}
        }
    }
    text
}
