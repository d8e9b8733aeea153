//! Mistakes, by the shape of the waiting.
//!
//! A shape can have several names, because labs differ in what they teach by it: the most special comes first, and the exercise takes
//! the first that it lists among its diagnoses.

use nix::libc;

use super::history;
use super::names::{Names, list, signal};
use crate::record::Record;
use crate::record::alive::{Alive, Awaited, Descriptor, Does, Ender, Enders, Kind, Peer, Thread};

/// A mistake that explains a hang.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The diagnosis.
    pub name: &'static str,
    /// What to look at, as a sentence.
    pub advice: String,
}

/// The causes that the shape of the waiting shows, the most telling first, each name once.
pub(super) fn causes(record: &Record, names: &Names<'_>) -> Vec<Cause> {
    let judge = Judge { record, names };
    let shapes = [
        Judge::full,
        Judge::end_left_open,
        Judge::fifo,
        Judge::word,
        Judge::lost_signal,
        Judge::both,
    ];
    let mut causes: Vec<Cause> = record
        .alive
        .iter()
        .find_map(|process| judge.stopped_at_terminal(process))
        .into_iter()
        .collect();
    for shape in shapes {
        for process in &record.alive {
            for thread in &process.threads {
                let wait = thread.wait().filter(|wait| wait.timeout.is_none());
                for awaited in wait.map_or(&[][..], |wait| &wait.awaited) {
                    for cause in shape(&judge, process, awaited) {
                        if causes.iter().all(|it| it.name != cause.name) {
                            causes.push(cause);
                        }
                    }
                }
            }
        }
    }
    causes
}

struct Judge<'a> {
    record: &'a Record,
    names: &'a Names<'a>,
}

impl Judge<'_> {
    fn all(&self) -> &[Alive] {
        &self.record.alive
    }

    fn find(&self, pid: i32) -> Option<&Alive> {
        self.all().iter().find(|it| it.pid == pid)
    }

    fn name(&self, pid: i32) -> String {
        self.names.process(pid)
    }

    /// Who has used the terminal from the background: the program, which has not taken it back, or a job that has not got it.
    fn stopped_at_terminal(&self, process: &Alive) -> Option<Cause> {
        let stands = |it: &Thread| matches!(it.does, Does::Stand);
        let id = self.names.id(process.pid)?;
        let came = history::stopped_by(self.record, id)?;
        let by_terminal = [libc::SIGTTIN, libc::SIGTTOU].contains(&came.signal);
        (by_terminal && process.threads.iter().any(stands)).then(|| Cause {
            name: if id == 0 {
                "terminal-not-taken-back"
            } else {
                "terminal-not-handed-over"
            },
            advice: format!(
                "Put the group of {} into the foreground of its terminal before it uses that.",
                self.name(process.pid)
            ),
        })
    }

    /// Who writes into something full, while the one who could read waits for a child.
    fn full(&self, writer: &Alive, awaited: &Awaited) -> Vec<Cause> {
        let Some((object, enders)) = self.stream(writer, awaited, Way::Out) else {
            return Vec::new();
        };
        let waiter = enders
            .iter()
            .find(|it| it.pid != writer.pid && self.find(it.pid).is_some_and(waits_for_child));
        let cause = waiter.map(|waiter| Cause {
            name: "waited-before-reading",
            advice: format!(
                "Read {object} to its end in {} before you wait for a child there: nobody else empties it.",
                self.name(waiter.pid)
            ),
        });
        cause.into_iter().collect()
    }

    /// Who reads to the end of something that stays open in its own hands, or in those of one who waits for a child.
    fn end_left_open(&self, reader: &Alive, awaited: &Awaited) -> Vec<Cause> {
        let Some((object, enders)) = self.stream(reader, awaited, Way::In) else {
            return Vec::new();
        };
        let keeps =
            |it: &&Ender| it.pid == reader.pid || self.find(it.pid).is_some_and(waits_for_child);
        let mut causes = Vec::new();
        let sibling = |it: &&Ender| {
            it.pid != reader.pid
                && self
                    .find(it.pid)
                    .is_some_and(|it| it.parent == reader.parent)
        };
        let serves = |it: &&Ender| {
            it.pid != reader.pid
                && self.find(it.pid).is_some_and(|server| {
                    self.listens(server)
                        && Self::connects_by(server, &it.descriptors)
                        && !Self::reads_by(server, &it.descriptors)
                })
        };
        if let Some(parent) = enders.iter().find(serves) {
            causes.push(Cause {
                name: "connection-open-in-parent",
                advice: self.close(reader, parent, &object),
            });
        }
        // Siblings read from each other, too, where a parent has made them a line: then each end is in one hand.
        if let Some(sibling) = enders.iter().find(sibling)
            && enders.iter().all(|it| it.pid != reader.pid)
        {
            causes.push(Cause {
                name: "pipe-end-inherited-by-sibling",
                advice: self.close(reader, sibling, &object),
            });
        }
        if let Some(keeper) = enders.iter().find(keeps) {
            causes.push(Cause {
                name: "write-end-left-open",
                advice: self.close(reader, keeper, &object),
            });
        }
        // Where the end is not to be closed, but to be written to by the parent.
        let waits_for_reader =
            |it: &&Ender| reader.parent == it.pid && self.find(it.pid).is_some_and(waits_for_child);
        if let Some(parent) = enders.iter().find(waits_for_reader) {
            causes.push(Cause {
                name: "waited-instead-of-asking",
                advice: format!(
                    "Ask with WNOHANG in {}: {} cannot end before {} goes on.",
                    self.name(parent.pid),
                    self.name(reader.pid),
                    self.name(parent.pid)
                ),
            });
        }
        causes
    }

    fn close(&self, reader: &Alive, keeper: &Ender, object: &str) -> String {
        if keeper.pid == reader.pid && Self::reads_by(reader, &keeper.descriptors) {
            return format!(
                "Open {object} for reading only in {}: who has it open for writing never sees its end.",
                self.name(keeper.pid)
            );
        }
        let numbers = keeper.descriptors.iter();
        let numbers: Vec<String> = numbers.map(|number| format!("fd {number}")).collect();
        let before = if keeper.pid == reader.pid {
            "reads"
        } else {
            "waits"
        };
        format!(
            "Close {} in {} before it {before}: {object} ends only when nobody has that end open any more.",
            list(&numbers, "and"),
            self.name(keeper.pid)
        )
    }

    /// Whether a process waits for one of these descriptors, which keeps its own end away.
    fn reads_by(reader: &Alive, descriptors: &[i32]) -> bool {
        any(
            reader,
            |it| matches!(it, Awaited::Data { descriptor } if descriptors.contains(descriptor)),
        )
    }

    /// Whether these descriptors of a process are ends of a connection: what a server shares with its client can be a pipe as well.
    fn connects_by(server: &Alive, descriptors: &[i32]) -> bool {
        let is_socket = |it: &Descriptor| matches!(it.kind, Kind::Socket { .. });
        let mut all = server.descriptors.iter();
        all.any(|it| descriptors.contains(&it.number) && is_socket(it))
    }

    /// Whether a process has made a socket that listens.
    fn listens(&self, process: &Alive) -> bool {
        let listens = |it: &&Descriptor| {
            let peer = Peer::Listens;
            it.kind == Kind::Socket { peer }
        };
        let mut sockets = process.descriptors.iter().filter(listens);
        sockets.any(|it| self.names.inherited_from(process.pid, it.number).is_none())
    }

    fn fifo(&self, _: &Alive, awaited: &Awaited) -> Vec<Cause> {
        if !matches!(awaited, Awaited::Opening { .. }) {
            return Vec::new();
        }
        let advice = "To open a FIFO is to meet: both sides must open the same one, and where there are several, in the same order.";
        let cause = |name| Cause {
            name,
            advice: advice.to_owned(),
        };
        let opens = |it: &&Alive| any(it, |it| matches!(it, Awaited::Opening { .. }));
        if self.all().iter().filter(opens).count() > 1 {
            vec![cause("fifo-open-deadlock"), cause("blocked-in-open")]
        } else {
            vec![cause("blocked-in-open"), cause("fifo-open-deadlock")]
        }
    }

    fn word(&self, _: &Alive, awaited: &Awaited) -> Vec<Cause> {
        let Awaited::Word {
            shared: Some(_),
            private,
            before,
            now,
            owner,
        } = awaited
        else {
            return Vec::new();
        };
        let cause = |name, advice: &str| Cause {
            name,
            advice: advice.to_owned(),
        };
        if *private {
            return vec![cause(
                "private-futex",
                "Call futex without FUTEX_PRIVATE_FLAG: that one is for the threads of one process.",
            )];
        }
        let is_alive = |owner: i32| {
            let mut threads = self.all().iter().flat_map(|it| &it.threads);
            threads.any(|thread| thread.id == owner)
        };
        if let Some(owner) = owner {
            if is_alive(*owner) || self.names.id(*owner).is_none() {
                return Vec::new();
            }
            return vec![cause(
                "lock-lost-with-holder",
                "A lock does not end with its holder, unless it is a robust one.",
            )];
        }
        if before.is_some() && now.is_some() && before != now {
            let advice = "Whoever changes the word wakes those who sleep on it, after the change.";
            return vec![
                cause("unlock-without-wake", advice),
                cause("lost-wakeup", advice),
            ];
        }
        Vec::new()
    }

    fn lost_signal(&self, process: &Alive, awaited: &Awaited) -> Vec<Cause> {
        let Awaited::Signal { signals } = awaited else {
            return Vec::new();
        };
        let id = self.names.id(process.pid);
        let Some(came) = id.and_then(|id| history::last_signal(self.record, id, signals)) else {
            return Vec::new();
        };
        vec![Cause {
            name: "lost-signal",
            advice: format!(
                "Block {} before you look whether it came, and wait with a call that unblocks it (sigsuspend, ppoll, a signalfd).",
                signal(came.signal)
            ),
        }]
    }

    /// Two that read from each other, or write to each other.
    fn both(&self, one: &Alive, awaited: &Awaited) -> Vec<Cause> {
        let ways = [
            (Way::In, "deadlock-both-reading", "read", "write"),
            (Way::Out, "deadlock-both-writing", "write", "read"),
        ];
        let mut causes = Vec::new();
        for (way, name, does, instead) in ways {
            let Some((_, enders)) = self.stream(one, awaited, way) else {
                continue;
            };
            let others = enders.iter().filter_map(|it| self.find(it.pid));
            let mut others = others.filter(|it| it.pid != one.pid);
            let waits_back = |other: &Alive| {
                any(other, |back| {
                    let back = self.stream(other, back, way);
                    back.is_some_and(|(_, enders)| enders.iter().any(|it| it.pid == one.pid))
                })
            };
            if let Some(other) = others.find(|it| waits_back(it)) {
                let advice = format!(
                    "{} and {} both {does} first: one of them must {instead}.",
                    self.name(one.pid),
                    self.name(other.pid)
                );
                causes.push(Cause { name, advice });
            }
        }
        causes
    }

    /// What a process waits for by reading or writing a pipe, FIFO or connection, and who has the other end.
    fn stream(&self, process: &Alive, awaited: &Awaited, way: Way) -> Option<(String, Vec<Ender>)> {
        let is_way = match awaited {
            Awaited::Data { .. } => way == Way::In,
            Awaited::Room { .. } => way == Way::Out,
            _ => false,
        };
        let descriptor = descriptor(process, awaited).filter(|_| is_way)?;
        let is_stream = match &descriptor.kind {
            Kind::Pipe | Kind::Fifo => true,
            Kind::Socket { peer } => matches!(peer, Peer::Socket(_) | Peer::Unknown),
            _ => false,
        };
        match process.enders(awaited, self.all()) {
            Enders::These(enders) if is_stream => Some((self.names.object(descriptor), enders)),
            _ => None,
        }
    }
}

/// Which way data would have to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

/// The descriptor that a wait is about.
fn descriptor<'a>(process: &'a Alive, awaited: &Awaited) -> Option<&'a Descriptor> {
    match awaited {
        Awaited::Data { descriptor } | Awaited::Room { descriptor } => {
            process.descriptor(*descriptor)
        }
        _ => None,
    }
}

/// Whether a process waits for something of this kind.
fn any(process: &Alive, is_it: impl Fn(&Awaited) -> bool) -> bool {
    let mut waits = process.threads.iter().filter_map(Thread::wait);
    waits.any(|wait| wait.awaited.iter().any(&is_it))
}

fn waits_for_child(process: &Alive) -> bool {
    any(process, |it| matches!(it, Awaited::Child { .. }))
}
