//! What checks ask of a record, computed once: the tree of processes, who held which descriptor from when to when, who
//! waited, and which data went from whom to whom.
//!
//! Moments are places in [`Record::events`]; a call stands there where it returned. A record can be faulty or cut, so nothing
//! here relies on an id being known. It is one file because all of it is filled in one pass over the events.

use std::collections::{BTreeMap, VecDeque};

use crate::course::evidence::{Which, Who};
use crate::normalise::{readable, without_pids};
use crate::record::{
    Direction, Event, Object, ObjectId, ObjectKind, Process, ProcessId, Record, What,
};

/// A moment: a place in the record's events.
pub(super) type Place = usize;

/// A descriptor in the hands of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) process: ProcessId,
    pub(super) descriptor: i32,
    pub(super) object: ObjectId,
    pub(super) reads: bool,
    pub(super) writes: bool,
    close_on_exec: bool,
    /// Since when.
    pub(super) from: Place,
    /// Until when, and how it ended; `None` where it lasts to the end of the record.
    pub(super) until: Option<(Place, LetGo)>,
}

/// How a process lost a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LetGo {
    /// By close, or by dup2 onto it.
    Closed,
    /// By an exec that closes it.
    Exec,
    /// By its own end.
    Exit,
}

impl Holding {
    /// Whether the process has it at this moment. An end or an exec takes it away after its own moment.
    pub(super) fn is_held_at(&self, place: Place) -> bool {
        let lasts = match self.until {
            None => true,
            Some((until, LetGo::Closed)) => place < until,
            Some((until, LetGo::Exec | LetGo::Exit)) => place <= until,
        };
        self.from < place && lasts
    }
}

/// A program that was executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Execution {
    pub(super) place: Place,
    pub(super) process: ProcessId,
    /// The descriptors that it got.
    pub(super) inherited: Vec<i32>,
}

/// Where a process has its name from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameGiven {
    /// It chose it, or the parent did before the fork.
    Chosen,
    /// It is the file name of the program that it executes.
    Executed,
}

/// Data that one process put into an object and another took out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) from: ProcessId,
    pub(super) to: ProcessId,
    pub(super) object: ObjectId,
    pub(super) bytes: u64,
    pub(super) priority: Option<u32>,
    /// When it was taken out: all flows of one place are parts of one transfer.
    pub(super) place: Place,
}

/// A record with what follows from it.
#[derive(Debug)]
pub(super) struct Index<'a> {
    pub(super) record: &'a Record,
    /// By process: the numbers of the children on the way from the program to it.
    tree: Vec<Vec<usize>>,
    /// By process: the places of its events.
    events: Vec<Vec<Place>>,
    /// By process: when it was reaped by a process, and when it ended.
    reaps: Vec<Option<Place>>,
    exits: Vec<Option<Place>>,
    pub(super) holdings: Vec<Holding>,
    pub(super) executions: Vec<Execution>,
    pub(super) flows: Vec<Flow>,
    /// Who had which object in its memory at some time, and how many bytes of it.
    pub(super) mappings: BTreeMap<(ProcessId, ObjectId), u64>,
    /// The last name of each process that has got one.
    names: BTreeMap<ProcessId, (&'a str, NameGiven)>,
}

impl<'a> Index<'a> {
    pub(super) fn of(record: &'a Record) -> Self {
        let mut model = Model::default();
        let mut reaps = vec![None; record.processes.len()];
        let mut exits = vec![None; record.processes.len()];
        let mut events = vec![Vec::new(); record.processes.len()];
        for (place, event) in record.events.iter().enumerate() {
            let (moments, process) = match event.what {
                What::Reap { child, .. } => (&mut reaps, child),
                _ => (&mut exits, event.process),
            };
            if let (What::Reap { .. } | What::Exit { .. }, Some(moment)) =
                (&event.what, moments.get_mut(process))
            {
                *moment = Some(place);
            }
            if let Some(events) = events.get_mut(event.process) {
                events.push(place);
            }
            model.follow(place, event);
        }
        Self {
            record,
            events,
            tree: tree(&record.processes),
            reaps,
            exits,
            holdings: model.holdings,
            executions: model.executions,
            flows: flows(record),
            mappings: model.mappings,
            names: names(record),
        }
    }

    /// The processes that a pattern means, in the order of the tree.
    pub(super) fn processes<'s>(&'s self, who: &'s Who) -> impl Iterator<Item = ProcessId> + 's {
        (0..self.tree.len()).filter(move |id| self.means(who, *id))
    }

    pub(super) fn means(&self, who: &Who, process: ProcessId) -> bool {
        self.tree
            .get(process)
            .is_some_and(|place| who.matches(place))
    }

    /// Whether an object is one of those that are meant.
    pub(super) fn is_one(&self, which: &Which, object: ObjectId) -> bool {
        *which == Which::Any || self.object(object).is_some_and(|it| which.matches(it))
    }

    /// The events of a process, with their places.
    pub(super) fn events_of(&self, process: ProcessId) -> impl Iterator<Item = (Place, &'a Event)> {
        let places: &[Place] = self.events.get(process).map_or(&[], Vec::as_slice);
        let events = &self.record.events;
        places
            .iter()
            .filter_map(move |place| Some((*place, events.get(*place)?)))
    }

    /// The parts of the transfer at this place.
    pub(super) fn flows_at(&self, place: Place) -> impl Iterator<Item = &Flow> {
        let first = self.flows.partition_point(|flow| flow.place < place);
        let rest = self.flows.get(first..).unwrap_or_default();
        rest.iter().take_while(move |flow| flow.place == place)
    }

    /// The children of the processes that a pattern means, in the order of the tree, each with its parent.
    pub(super) fn children<'s>(
        &'s self,
        of: &'s Who,
    ) -> impl Iterator<Item = (ProcessId, ProcessId)> + 's {
        let all = self.record.processes.iter().enumerate();
        let known = all.filter_map(|(child, it)| it.parent.map(|parent| (parent, child)));
        known.filter(move |(parent, _)| self.means(of, *parent))
    }

    pub(super) fn process(&self, id: ProcessId) -> Option<&'a Process> {
        self.record.processes.get(id)
    }

    pub(super) fn object(&self, id: ObjectId) -> Option<&'a Object> {
        self.record.objects.get(id)
    }

    /// When a process ended.
    pub(super) fn exit(&self, process: ProcessId) -> Option<Place> {
        self.exits.get(process).copied().flatten()
    }

    /// When a process of the run reaped it.
    pub(super) fn reap(&self, process: ProcessId) -> Option<Place> {
        self.reaps.get(process).copied().flatten()
    }

    /// The last name of a process, without that of the program itself.
    pub(super) fn name_at_last(&self, process: ProcessId) -> Option<(&'a str, NameGiven)> {
        self.names.get(&process).copied()
    }

    /// `[pid 2]`: the number of a process, which is the same in every run.
    pub(super) fn name(&self, process: ProcessId) -> String {
        format!("[pid {}]", process + 1)
    }

    /// `pipe 1`, or ``FIFO `box` `` where it has a name.
    pub(super) fn object_name(&self, object: ObjectId) -> String {
        match self.object(object) {
            Some(Object {
                kind,
                name: Some(name),
                ..
            }) => format!("{} `{}`", kind.term(), shown(name)),
            Some(object) => format!("{} {}", object.kind.term(), object.number),
            None => "an object".to_owned(),
        }
    }
}

/// A text that a program chose, fit to be part of a message.
pub(super) fn shown(text: &str) -> String {
    let line: String = readable(text.as_bytes()).replace(['\n', '\t'], " ");
    without_pids(&line).chars().take(LONGEST_NAME).collect()
}

/// How much of a name or path is shown, in characters.
const LONGEST_NAME: usize = 80;

/// The places of all processes in the tree.
fn tree(processes: &[Process]) -> Vec<Vec<usize>> {
    let mut tree: Vec<Vec<usize>> = Vec::with_capacity(processes.len());
    let mut children = vec![0_usize; processes.len()];
    for process in processes {
        // Parents are born before their children.
        let place = match process.parent.filter(|parent| *parent < tree.len()) {
            None => Vec::new(),
            Some(parent) => {
                children[parent] += 1;
                let mut place = tree[parent].clone();
                place.push(children[parent]);
                place
            }
        };
        tree.push(place);
    }
    tree
}

/// The last name of each process that got one after the start of the program: fork copies it, exec replaces it.
fn names(record: &Record) -> BTreeMap<ProcessId, (&str, NameGiven)> {
    let mut names = BTreeMap::new();
    for event in record.events.iter().skip(1) {
        match &event.what {
            What::Fork { child } => {
                if let Some(name) = names.get(&event.process).copied() {
                    names.insert(*child, name);
                }
            }
            What::Name { name } => {
                names.insert(event.process, (name.as_str(), NameGiven::Chosen));
            }
            What::Exec { program } => {
                let file = program.rsplit('/').next().unwrap_or_default();
                names.insert(event.process, (file, NameGiven::Executed));
            }
            _ => {}
        }
    }
    names
}

/// Who holds what, while the events pass by.
#[derive(Debug, Default)]
struct Model {
    holdings: Vec<Holding>,
    /// The descriptors that are open now, by process and number, as places in `holdings`.
    open: BTreeMap<ProcessId, BTreeMap<i32, usize>>,
    executions: Vec<Execution>,
    mappings: BTreeMap<(ProcessId, ObjectId), u64>,
    /// What is in a process's memory now.
    mapped: BTreeMap<ProcessId, BTreeMap<ObjectId, u64>>,
}

impl Model {
    fn follow(&mut self, place: Place, event: &Event) {
        let process = event.process;
        match &event.what {
            What::Open {
                descriptor,
                object,
                reads,
                writes,
                close_on_exec,
                ..
            } => {
                self.close(place, process, *descriptor);
                self.hold(Holding {
                    process,
                    descriptor: *descriptor,
                    object: *object,
                    reads: *reads,
                    writes: *writes,
                    close_on_exec: *close_on_exec,
                    from: place,
                    until: None,
                });
            }
            What::Close { descriptor, .. } => self.close(place, process, *descriptor),
            What::Call {
                descriptor: Some(descriptor),
                detail: Some(detail),
                error: None,
                ..
            } => self.mark(process, *descriptor, detail),
            What::Fork { child } => self.inherit(place, process, *child),
            What::Exec { .. } => self.execute(place, process),
            What::Exit { .. } => {
                for at in self.open.remove(&process).unwrap_or_default().into_values() {
                    self.holdings[at].until = Some((place, LetGo::Exit));
                }
                self.mapped.remove(&process);
            }
            What::Map { object, bytes } => self.map(process, *object, *bytes),
            _ => {}
        }
    }

    fn hold(&mut self, holding: Holding) {
        let table = self.open.entry(holding.process).or_default();
        table.insert(holding.descriptor, self.holdings.len());
        self.holdings.push(holding);
    }

    fn close(&mut self, place: Place, process: ProcessId, descriptor: i32) {
        let table = self.open.entry(process).or_default();
        if let Some(at) = table.remove(&descriptor) {
            self.holdings[at].until = Some((place, LetGo::Closed));
        }
    }

    /// A call changed the close-on-exec flag: the record says so in the call's detail.
    fn mark(&mut self, process: ProcessId, descriptor: i32, detail: &str) {
        let close_on_exec = match detail {
            "FD_CLOEXEC" => true,
            "no FD_CLOEXEC" => false,
            _ => return,
        };
        let table = self.open.entry(process).or_default();
        if let Some(at) = table.get(&descriptor) {
            self.holdings[*at].close_on_exec = close_on_exec;
        }
    }

    fn inherit(&mut self, place: Place, parent: ProcessId, child: ProcessId) {
        let table = self.open.get(&parent).cloned().unwrap_or_default();
        for at in table.into_values() {
            let holding = Holding {
                process: child,
                from: place,
                until: None,
                ..self.holdings[at].clone()
            };
            self.hold(holding);
        }
        for (object, bytes) in self.mapped.get(&parent).cloned().unwrap_or_default() {
            self.map(child, object, bytes);
        }
    }

    fn execute(&mut self, place: Place, process: ProcessId) {
        self.mapped.remove(&process);
        let table = self.open.entry(process).or_default();
        let holdings = &mut self.holdings;
        table.retain(|_, at| {
            let closes = holdings[*at].close_on_exec;
            if closes {
                holdings[*at].until = Some((place, LetGo::Exec));
            }
            !closes
        });
        self.executions.push(Execution {
            place,
            process,
            inherited: table.keys().copied().collect(),
        });
    }

    fn map(&mut self, process: ProcessId, object: ObjectId, bytes: u64) {
        let now = self
            .mapped
            .entry(process)
            .or_default()
            .entry(object)
            .or_default();
        *now = bytes.max(*now);
        let ever = self.mappings.entry((process, object)).or_default();
        *ever = bytes.max(*ever);
    }
}

/// A part of what was put into an object.
#[derive(Debug, Clone, Copy)]
struct Piece {
    from: ProcessId,
    bytes: u64,
    priority: Option<u32>,
}

/// Which data went from whom to whom.
///
/// What goes in comes out in the same order; a call that puts much in can return after others have taken a part of it out, so all that
/// goes in is taken together first. Messages of queues are told apart by size and priority.
fn flows(record: &Record) -> Vec<Flow> {
    let mut inside: BTreeMap<ObjectId, VecDeque<Piece>> = BTreeMap::new();
    for event in &record.events {
        if let What::Transfer {
            direction: Direction::Out,
            object,
            bytes,
            priority,
            ..
        } = event.what
        {
            inside.entry(object).or_default().push_back(Piece {
                from: event.process,
                bytes,
                priority,
            });
        }
    }
    let mut flows = Vec::new();
    for (place, event) in record.events.iter().enumerate() {
        let What::Transfer {
            direction: Direction::In,
            object,
            bytes,
            priority,
            ..
        } = event.what
        else {
            continue;
        };
        let Some(pieces) = inside.get_mut(&object) else {
            continue;
        };
        let kind = record.objects.get(object).map(|it| it.kind);
        for piece in taken(kind, pieces, event.process, bytes, priority) {
            flows.push(Flow {
                from: piece.from,
                to: event.process,
                object,
                bytes: piece.bytes,
                priority: piece.priority,
                place,
            });
        }
    }
    flows
}

/// The pieces of which a transfer out of an object consists.
fn taken(
    kind: Option<ObjectKind>,
    pieces: &mut VecDeque<Piece>,
    to: ProcessId,
    bytes: u64,
    priority: Option<u32>,
) -> Vec<Piece> {
    match kind {
        Some(ObjectKind::MessageQueue) => {
            let is_it = |piece: &Piece| piece.bytes == bytes && piece.priority == priority;
            let at = pieces.iter().position(is_it).unwrap_or(0);
            pieces.remove(at).into_iter().collect()
        }
        // What is in a file stays there.
        Some(ObjectKind::File | ObjectKind::SharedMemory) => {
            let mut by: BTreeMap<ProcessId, u64> = BTreeMap::new();
            for piece in pieces {
                *by.entry(piece.from).or_default() += piece.bytes;
            }
            let pieces = by.into_iter().map(|(from, all)| Piece {
                from,
                bytes: all.min(bytes),
                priority: None,
            });
            pieces.collect()
        }
        // Nobody gets back from a socket what it has put in itself.
        Some(ObjectKind::Socket) => stream(pieces, bytes, |piece| piece.from != to),
        _ => stream(pieces, bytes, |_| true),
    }
}

fn stream(
    pieces: &mut VecDeque<Piece>,
    mut bytes: u64,
    can_be: impl Fn(&Piece) -> bool,
) -> Vec<Piece> {
    let mut taken = Vec::new();
    let mut at = 0;
    while bytes > 0 && at < pieces.len() {
        if !can_be(&pieces[at]) {
            at += 1;
            continue;
        }
        let part = pieces[at].bytes.min(bytes);
        bytes -= part;
        pieces[at].bytes -= part;
        taken.push(Piece {
            bytes: part,
            ..pieces[at]
        });
        if pieces[at].bytes == 0 {
            pieces.remove(at);
        }
    }
    taken.retain(|piece| piece.bytes > 0);
    taken
}
