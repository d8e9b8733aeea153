//! Who could end a wait: pure reasoning on what the processes of a run hold.

use serde::{Deserialize, Serialize};

use super::{Alive, Awaited, Descriptor, Kind, Peer, Which};

/// A process that could end a wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ender {
    /// Its process id.
    pub pid: i32,
    /// The descriptors by which it could.
    pub descriptors: Vec<i32>,
}

/// Who could end a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enders {
    /// Only these processes of the run. There may be none: then nobody ever will.
    These(Vec<Ender>),
    /// Any process of the run, whatever it holds now.
    Anybody,
    /// Time, somebody outside the run, or nobody knows who.
    Outside,
}

impl Enders {
    /// These, or somebody outside where there are none: whatever keeps the wait going is not in the run.
    fn of_holders(holders: Vec<Ender>) -> Self {
        if holders.is_empty() {
            Self::Outside
        } else {
            Self::These(holders)
        }
    }

    fn only(pids: impl Iterator<Item = i32>) -> Self {
        let ender = |pid| Ender {
            pid,
            descriptors: Vec::new(),
        };
        Self::These(pids.map(ender).collect())
    }
}

impl Alive {
    /// Who could end this process's wait.
    #[must_use]
    pub fn enders(&self, awaited: &Awaited, all: &[Self]) -> Enders {
        match awaited {
            Awaited::Data { descriptor } => self
                .descriptor(*descriptor)
                .map_or(Enders::Outside, |it| self.who_writes(it, all)),
            Awaited::Room { descriptor } => self
                .descriptor(*descriptor)
                .map_or(Enders::Outside, |it| who_reads(it, all)),
            // Whoever opens a FIFO, or sends a signal, needs nothing for it that shows before.
            Awaited::Opening { .. } | Awaited::Signal { .. } | Awaited::SystemV { .. } => {
                Enders::Anybody
            }
            Awaited::Acceptance { listener } => match listener {
                Some(listener) => Enders::of_holders(holders(all, listener, |_| true)),
                None => Enders::Outside,
            },
            Awaited::Word {
                shared, private, ..
            } => self.who_wakes(
                shared.as_ref().map(|it| it.memory.object.as_str()),
                *private,
                all,
            ),
            Awaited::Child { which } => {
                let own = all.iter().filter(|it| it.parent == self.pid);
                let meant = own.filter(|it| match which {
                    Which::Any => true,
                    Which::Pid(pid) => it.pid == *pid,
                    Which::Group(group) => it.group == *group,
                });
                let pids: Vec<i32> = meant.map(|it| it.pid).collect();
                // A child that is not among the living has ended already, or is about to be seen.
                if pids.is_empty() {
                    return Enders::Outside;
                }
                Enders::only(pids.into_iter())
            }
            Awaited::Vforked => {
                let own = all.iter().filter(|it| it.parent == self.pid);
                let pids: Vec<i32> = own.map(|it| it.pid).collect();
                if pids.is_empty() {
                    return Enders::Outside;
                }
                Enders::only(pids.into_iter())
            }
            Awaited::Lock { holders, .. } => Enders::of_holders(holders.clone()),
            Awaited::Other => Enders::Outside,
        }
    }

    fn who_writes(&self, descriptor: &Descriptor, all: &[Self]) -> Enders {
        let object = &descriptor.object;
        match &descriptor.kind {
            Kind::Pipe | Kind::Fifo => Enders::of_holders(holders(all, object, |it| it.writes)),
            Kind::Socket { peer } => at_other_end(descriptor, peer, all),
            // A queue has a name: who does not have it open can still open it.
            Kind::Queue => Enders::of_holders(holders(all, object, |it| it.writes)).or_anybody(),
            Kind::Event => Enders::These(holders(all, object, |it| it.writes)),
            Kind::Signals { .. } => Enders::Anybody,
            Kind::Process { pid } if all.iter().any(|it| it.pid == *pid) => {
                Enders::only(std::iter::once(*pid))
            }
            // Who types there waits for what the run prints.
            Kind::Terminal => Enders::Anybody,
            // Somebody who shares the descriptor could set it.
            Kind::Timer { armed: false } => Enders::Anybody,
            Kind::Set { watched } => self.who_ends_any(watched, all),
            Kind::Process { .. } | Kind::Timer { armed: true } | Kind::File | Kind::Other => {
                Enders::Outside
            }
        }
    }

    fn who_ends_any(&self, watched: &[Awaited], all: &[Self]) -> Enders {
        let mut these: Vec<Ender> = Vec::new();
        let mut anybody = false;
        for awaited in watched {
            match self.enders(awaited, all) {
                Enders::Outside => return Enders::Outside,
                Enders::Anybody => anybody = true,
                Enders::These(more) => these.extend(more),
            }
        }
        if anybody {
            Enders::Anybody
        } else {
            Enders::These(these)
        }
    }

    fn who_wakes(&self, shared: Option<&str>, private: bool, all: &[Self]) -> Enders {
        let pids: Vec<i32> = match shared {
            Some(object) if !private => {
                let maps = |it: &&Self| it.maps.iter().any(|mapped| mapped.object == object);
                all.iter().filter(maps).map(|it| it.pid).collect()
            }
            _ => vec![self.pid],
        };
        let can = |pid: &i32| *pid != self.pid || self.threads.len() > 1;
        Enders::only(pids.into_iter().filter(can))
    }
}

impl Enders {
    fn or_anybody(self) -> Self {
        match self {
            Self::Outside => Self::Anybody,
            known => known,
        }
    }
}

fn who_reads(descriptor: &Descriptor, all: &[Alive]) -> Enders {
    let object = &descriptor.object;
    match &descriptor.kind {
        Kind::Pipe | Kind::Fifo => Enders::of_holders(holders(all, object, |it| it.reads)),
        Kind::Socket { peer } => at_other_end(descriptor, peer, all),
        Kind::Queue => Enders::of_holders(holders(all, object, |it| it.reads)).or_anybody(),
        Kind::Event => Enders::These(holders(all, object, |it| it.reads)),
        _ => Enders::Outside,
    }
}

fn at_other_end(descriptor: &Descriptor, peer: &Peer, all: &[Alive]) -> Enders {
    match peer {
        Peer::Socket(object) | Peer::Unaccepted(object) => {
            Enders::of_holders(holders(all, object, |_| true))
        }
        Peer::Listens | Peer::Anybody => Enders::Anybody,
        Peer::Nobody | Peer::Outside => Enders::Outside,
        // The two ends of a pair are one object for the trace.
        Peer::Unknown => {
            let is_other = |it: &Descriptor| {
                it.traced.is_some()
                    && it.traced == descriptor.traced
                    && it.object != descriptor.object
            };
            Enders::of_holders(holding(all, is_other)).or_anybody()
        }
    }
}

fn holders(all: &[Alive], object: &str, is_end: impl Fn(&Descriptor) -> bool) -> Vec<Ender> {
    holding(all, |it| it.object == object && is_end(it))
}

fn holding(all: &[Alive], is_it: impl Fn(&Descriptor) -> bool) -> Vec<Ender> {
    let ender = |process: &Alive| {
        let its = process.descriptors.iter().filter(|it| is_it(it));
        let descriptors: Vec<i32> = its.map(|it| it.number).collect();
        (!descriptors.is_empty()).then_some(Ender {
            pid: process.pid,
            descriptors,
        })
    };
    all.iter().filter_map(ender).collect()
}
