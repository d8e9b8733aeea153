//! What there is to draw of one run. It knows nothing of pixels, columns and colors.

use super::scale::Scale;
use crate::record::{Exit, Micros, ObjectId, ProcessId};

/// What was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heading<'a> {
    /// The exercise's name.
    pub exercise: &'a str,
    /// The case's name, where the run was one of a case.
    pub case: Option<&'a str>,
}

/// One run, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// What was run, as a title.
    pub title: String,
    /// How the run ended, as a part of a sentence: "hung", "ended with exit code 0".
    pub ending: String,
    /// Whether system calls were traced; without a trace there are no lanes.
    pub traced: bool,
    /// How many processes the run had, drawn or not.
    pub processes: usize,
    /// The last moment of the run.
    pub span: Micros,
    /// Where a moment is.
    pub scale: Scale,
    /// One lane for each process that is drawn, a parent before its children.
    pub lanes: Vec<Lane>,
    /// The lanes as rows, those of siblings that are alike in one.
    pub rows: Vec<Row>,
    /// What connects lanes.
    pub arrows: Vec<Arrow>,
    /// What was found in the run.
    pub diagnoses: Vec<Diagnosed>,
    /// What outlived the run: processes nobody waited for, objects that nobody removed.
    pub leftovers: Vec<String>,
    /// What else is to be known: what could not be seen, what is not drawn.
    pub notes: Vec<String>,
}

/// The life of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The process.
    pub process: ProcessId,
    /// How many ancestors it has in the run.
    pub depth: usize,
    /// The name that it gave itself or got by exec, where it did.
    pub name: Option<String>,
    /// When it was born.
    pub born: Micros,
    /// When it ended, or the end of the picture.
    pub until: Micros,
    /// How it ended; `None` where it did not by itself.
    pub how: Option<Exit>,
    /// From its end until it was reaped, or until the end of the picture.
    pub zombie: Option<(Micros, Micros)>,
    /// Calls that took time, and stops, in their order.
    pub segments: Vec<Segment>,
    /// What happened at one moment, in its order.
    pub points: Vec<Point>,
    /// The process in words, a line for each fact.
    pub said: Vec<String>,
}

impl Lane {
    /// What the process is called everywhere: `[pid 1]`.
    #[must_use]
    pub fn label(&self) -> String {
        super::words::label(self.process)
    }
}

/// A stretch of a process' life in which it did not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Why.
    pub kind: SegmentKind,
    /// When it began.
    pub from: Micros,
    /// When it was over; the process' end where it never was.
    pub until: Micros,
    /// Whether it was ever over.
    pub returned: bool,
    /// A few letters: "read pipe 1".
    pub short: String,
    /// What the call is about.
    pub object: Option<ObjectId>,
    /// In words.
    pub said: String,
}

/// Why a process did not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentKind {
    /// It was in a call.
    Call,
    /// It was in a call that moved data.
    Transfer,
    /// A signal had stopped it.
    Stopped,
}

/// Something that happened to a process at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// What.
    pub kind: PointKind,
    /// When.
    pub at: Micros,
    /// What it is about.
    pub object: Option<ObjectId>,
    /// In words.
    pub said: String,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PointKind {
    /// It forked.
    Fork,
    /// It ran another program.
    Exec,
    /// It ended well.
    Exited,
    /// It ended with another code than 0, or by a signal.
    Failed,
    /// It reaped a child.
    Reap,
    /// It sent a signal.
    Sent,
    /// A signal reached it.
    Received,
    /// It moved data.
    Transfer,
    /// A call of it failed.
    Refused,
    /// The recorder did something to it.
    Intervention,
    /// Anything else.
    Other,
}

/// A connection between two lanes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    /// What connects them.
    pub kind: ArrowKind,
    /// Where it begins.
    pub from: Place,
    /// Where it points to.
    pub to: Place,
    /// In words.
    pub said: String,
}

impl Arrow {
    /// The process for whose sake it is drawn.
    #[must_use]
    pub fn leaf(&self) -> ProcessId {
        match self.kind {
            ArrowKind::Fork | ArrowKind::Signal => self.to.process,
            ArrowKind::Reap => self.from.process,
        }
    }
}

/// What connects two lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrowKind {
    /// From a parent to the child that it forked.
    Fork,
    /// From an ended process to the one that waited for it.
    Reap,
    /// From the sender of a signal to its receiver.
    Signal,
}

/// A moment of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The process.
    pub process: ProcessId,
    /// The moment.
    pub at: Micros,
}

/// One line of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// One process, by its place in [`Picture::lanes`].
    One(usize),
    /// Siblings that are alike, by their places in [`Picture::lanes`]; at least two.
    Alike(Vec<usize>),
}

impl Row {
    /// The lanes in this row, by their places in [`Picture::lanes`].
    #[must_use]
    pub fn members(&self) -> &[usize] {
        match self {
            Self::One(lane) => std::slice::from_ref(lane),
            Self::Alike(lanes) => lanes,
        }
    }
}

/// A finding in the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosed {
    /// Its stable name.
    pub diagnosis: String,
    /// What is wrong, in a sentence or two.
    pub message: String,
    /// Where it happened, where that is known.
    pub places: Vec<Place>,
}

impl Picture {
    /// The row of every lane, by the lane's place in [`Self::lanes`].
    #[must_use]
    pub fn row_of_lane(&self) -> Vec<usize> {
        let mut rows = vec![0; self.lanes.len()];
        for (at, row) in self.rows.iter().enumerate() {
            for lane in row.members() {
                rows[*lane] = at;
            }
        }
        rows
    }

    /// The lane of every process, by the process' number; `None` for those that are not drawn.
    #[must_use]
    pub fn lane_of_process(&self) -> Vec<Option<usize>> {
        let mut lanes = vec![None; self.processes];
        for (at, lane) in self.lanes.iter().enumerate() {
            lanes[lane.process] = Some(at);
        }
        lanes
    }

    /// The arrows that are drawn while the rows of many lanes are closed: all but those of their lanes, and of those the
    /// first fork and the last reap of each row.
    #[must_use]
    pub fn arrows_of_closed_rows(&self) -> Vec<&Arrow> {
        let rows = self.row_of_lane();
        let lanes = self.lane_of_process();
        let mut shown: Vec<&Arrow> = Vec::new();
        let mut ends: Vec<(Option<&Arrow>, Option<&Arrow>)> = vec![(None, None); self.rows.len()];
        for arrow in &self.arrows {
            let Some(lane) = lanes.get(arrow.leaf()).copied().flatten() else {
                continue;
            };
            let row = rows[lane];
            if matches!(self.rows[row], Row::One(_)) {
                shown.push(arrow);
                continue;
            }
            let (first, last) = &mut ends[row];
            let at = arrow.to.at;
            match arrow.kind {
                ArrowKind::Fork if first.is_none_or(|it| it.to.at > at) => *first = Some(arrow),
                ArrowKind::Reap if last.is_none_or(|it| it.to.at < at) => *last = Some(arrow),
                _ => {}
            }
        }
        let ends = ends.into_iter().flat_map(|(first, last)| [first, last]);
        shown.extend(ends.flatten());
        shown
    }

    /// The diagnoses that happened in this process, by their numbers from 1, with the moment.
    pub fn diagnosed(&self, process: ProcessId) -> impl Iterator<Item = (usize, Micros)> {
        let numbered = self.diagnoses.iter().zip(1..);
        numbered.flat_map(move |(diagnosed, number)| {
            let places = diagnosed.places.iter();
            let here = places.filter(move |place| place.process == process);
            here.map(move |place| (number, place.at))
        })
    }

    /// One line on the whole run.
    #[must_use]
    pub fn summary(&self) -> String {
        let processes = crate::report::style::count(self.processes, "process", "processes");
        if self.traced {
            let span = super::words::time(self.span);
            format!("{}; {processes}, {span}", self.ending)
        } else {
            self.ending.clone()
        }
    }
}
