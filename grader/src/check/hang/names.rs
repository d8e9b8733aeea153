//! What processes, objects and signals are called: as in the rest of the report, so that it is the same in equal runs.

use std::collections::BTreeMap;

use nix::sys::signal::Signal;

use crate::normalise::{readable, without_pids};
use crate::record::alive::{Alive, Descriptor, Ender, Kind, Mapped};
use crate::record::{Object, ObjectId, ProcessId, Record};

/// How much of a name or path is shown, in characters.
const LONGEST_NAME: usize = 80;

/// What everything in a record is called.
#[derive(Debug)]
pub(super) struct Names<'a> {
    record: &'a Record,
    processes: BTreeMap<i32, ProcessId>,
    /// Numbers of objects that the trace does not know, by kind and identity.
    untraced: BTreeMap<&'a str, usize>,
}

impl<'a> Names<'a> {
    pub(super) fn of(record: &'a Record) -> Self {
        let mut processes = BTreeMap::new();
        for (id, process) in record.processes.iter().enumerate() {
            processes.insert(process.pid, id);
        }
        if !record.traced {
            for (place, alive) in record.alive.iter().enumerate() {
                processes.insert(alive.pid, place);
            }
        }
        let mut untraced = BTreeMap::new();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let descriptors = record.alive.iter().flat_map(|it| &it.descriptors);
        // Standard input, output and error are no objects of the run.
        for it in descriptors.filter(|it| it.traced.is_none() && it.number > 2) {
            untraced.entry(it.object.as_str()).or_insert_with(|| {
                let count = counts.entry(term(&it.kind)).or_default();
                *count += 1;
                *count
            });
        }
        Self {
            record,
            processes,
            untraced,
        }
    }

    /// The place of a process in the record.
    pub(super) fn id(&self, pid: i32) -> Option<ProcessId> {
        self.processes.get(&pid).copied()
    }

    /// `[pid 2]`.
    pub(super) fn process(&self, pid: i32) -> String {
        match self.id(pid) {
            Some(id) => format!("[pid {}]", id + 1),
            None => "a process".to_owned(),
        }
    }

    /// `[pid 2]`, or `[pid 2] itself` where that is the subject.
    pub(super) fn other(&self, pid: i32, subject: &Alive) -> String {
        let own = if pid == subject.pid { " itself" } else { "" };
        format!("{}{own}", self.process(pid))
    }

    /// `pipe 1`, or ``FIFO `box` `` where it has a name.
    pub(super) fn object(&self, descriptor: &Descriptor) -> String {
        if let Some(name) = descriptor.traced.and_then(|id| self.known(id)) {
            return name;
        }
        let standard = ["standard input", "standard output", "standard error"];
        let number = usize::try_from(descriptor.number).ok();
        let standard = number.and_then(|it| standard.get(it));
        if let (Kind::Pipe | Kind::File | Kind::Other, Some(name)) = (&descriptor.kind, standard) {
            return (*name).to_owned();
        }
        let term = term(&descriptor.kind);
        match (
            &descriptor.kind,
            self.untraced.get(descriptor.object.as_str()),
        ) {
            (Kind::Fifo | Kind::File | Kind::Queue | Kind::Other, _) => {
                format!("{term} `{}`", file_name(&descriptor.object))
            }
            (_, Some(number)) => format!("{term} {number}"),
            (_, None) => format!("a {term}"),
        }
    }

    /// Shared memory.
    pub(super) fn memory(&self, memory: &Mapped) -> String {
        if let Some(name) = memory.traced.and_then(|id| self.known(id)) {
            return name;
        }
        if memory.path.is_empty() {
            "a shared mapping".to_owned()
        } else {
            format!("shared memory object `{}`", file_name(&memory.path))
        }
    }

    /// `in [pid 1] itself (fd 3) and in [pid 2] (fd 4, inherited from [pid 1])`.
    pub(super) fn holders(&self, in_or_by: &str, enders: &[Ender], subject: &Alive) -> String {
        let holder = |ender: &Ender| {
            let ends = ender.descriptors.iter().map(|number| {
                let from = self.inherited_from(ender.pid, *number);
                let from = from.map_or(String::new(), |from| {
                    format!(", inherited from [pid {}]", from + 1)
                });
                format!("fd {number}{from}")
            });
            let ends: Vec<String> = ends.collect();
            let who = self.other(ender.pid, subject);
            if ends.is_empty() {
                format!("{in_or_by} {who}")
            } else {
                format!("{in_or_by} {who} ({})", ends.join("; "))
            }
        };
        let holders: Vec<String> = enders.iter().map(holder).collect();
        list(&holders, "and")
    }

    /// From which process a descriptor was inherited; `None` where its holder got it otherwise, or nobody knows.
    pub(super) fn inherited_from(&self, pid: i32, number: i32) -> Option<ProcessId> {
        super::history::inherited_from(self.record, self.id(pid)?, number)
    }

    fn known(&self, id: ObjectId) -> Option<String> {
        let Object { kind, number, name } = self.record.objects.get(id)?;
        Some(match name {
            Some(name) => format!("{} `{}`", kind.term(), shown(name)),
            None => format!("{} {number}", kind.term()),
        })
    }
}

/// The field's term for a kind.
fn term(kind: &Kind) -> &'static str {
    match kind {
        Kind::Pipe => "pipe",
        Kind::Fifo => "FIFO",
        Kind::Socket { .. } => "socket",
        Kind::Queue => "message queue",
        Kind::Event => "eventfd",
        Kind::Signals { .. } => "signalfd",
        Kind::Process { .. } => "pidfd",
        Kind::Timer { .. } => "timer",
        Kind::Set { .. } => "epoll set",
        Kind::Terminal => "terminal",
        Kind::File | Kind::Other => "file",
    }
}

/// `SIGTERM`, or the number of a real-time signal.
pub(super) fn signal(number: i32) -> String {
    match Signal::try_from(number) {
        Ok(signal) => signal.to_string(),
        Err(_) => format!("signal {number}"),
    }
}

/// The last part of a path: its folder is another one in every run.
pub(super) fn file_name(path: &str) -> String {
    let path = path.strip_suffix(" (deleted)").unwrap_or(path);
    shown(path.rsplit('/').next().unwrap_or_default())
}

/// A text that a program chose, fit to be part of a message.
fn shown(text: &str) -> String {
    let line = readable(text.as_bytes()).replace(['\n', '\t'], " ");
    without_pids(&line).chars().take(LONGEST_NAME).collect()
}

/// `a, b and c`.
pub(super) fn list(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}
