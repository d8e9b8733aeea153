//! The numbers of processes and objects: places in a tree, so that they do not depend on who of two that ran at once came first.
//!
//! The recorder numbers by birth. Two processes that fork at the same time have children whose births come in either order, so
//! when the run is over all are numbered anew: each process before its children, siblings in order of birth.

use std::collections::BTreeMap;

use super::{ObjectId, ObjectKind, Process, ProcessId, Record, What};

/// Standard input, output and error, which are objects of every run.
const STANDARD: usize = 3;

impl Record {
    /// Numbers processes in the order of the tree, and objects in the order in which processes of that order first used them.
    pub(crate) fn put_in_order(&mut self) {
        let order: Vec<ProcessId> = in_tree_order(&self.processes)
            .into_iter()
            .map(|(process, _)| process)
            .collect();
        self.renumber_processes(&order);
        let order = self.objects_by_use();
        self.renumber_objects(&order);
    }

    fn renumber_processes(&mut self, order: &[ProcessId]) {
        let places = places(order);
        let renumber = |it: &mut ProcessId| *it = places[*it];
        self.processes = order.iter().map(|it| self.processes[*it].clone()).collect();
        for process in &mut self.processes {
            process.parent.iter_mut().for_each(renumber);
            let reaped = process.reaped.iter_mut();
            reaped.flat_map(|it| &mut it.by).for_each(renumber);
        }
        for event in &mut self.events {
            renumber(&mut event.process);
            match &mut event.what {
                What::Fork { child } | What::Reap { child, .. } => renumber(child),
                What::Adopted { by: other }
                | What::Kill { to: other, .. }
                | What::Signal { from: other, .. } => other.iter_mut().for_each(renumber),
                What::Intervention { meanwhile, .. } => {
                    meanwhile
                        .iter_mut()
                        .for_each(|it| renumber(&mut it.process));
                    meanwhile.sort_by_key(|it| it.process);
                }
                What::Exec { .. }
                | What::Name { .. }
                | What::Exit { .. }
                | What::Stop { .. }
                | What::Continue
                | What::Open { .. }
                | What::Close { .. }
                | What::Transfer { .. }
                | What::Map { .. }
                | What::Call { .. } => {}
            }
        }
        for it in &mut self.resident {
            renumber(&mut it.process);
        }
        self.resident.sort_by_key(|it| it.process);
        let place = |pid: i32| self.processes.iter().position(|it| it.pid == pid);
        self.unreaped.sort_by_cached_key(|it| place(it.pid));
    }

    /// The objects in order of their first use, by process; those that no event is about come last.
    fn objects_by_use(&mut self) -> Vec<ObjectId> {
        let mut first = vec![(usize::MAX, usize::MAX); self.objects.len()];
        for (at, event) in self.events.iter_mut().enumerate() {
            if let Some(object) = object_in(&mut event.what)
                && let Some(first) = first.get_mut(*object)
            {
                *first = (*first).min((event.process, at));
            }
        }
        let mut order: Vec<ObjectId> = (0..self.objects.len()).collect();
        let rest = order.get_mut(STANDARD..).unwrap_or_default();
        rest.sort_by_key(|it| first[*it]);
        order
    }

    fn renumber_objects(&mut self, order: &[ObjectId]) {
        let places = places(order);
        let renumber = |it: &mut ObjectId| *it = places[*it];
        self.objects = order.iter().map(|it| self.objects[*it].clone()).collect();
        let mut counts = BTreeMap::<ObjectKind, usize>::new();
        for object in &mut self.objects {
            let count = counts.entry(object.kind).or_default();
            *count += 1;
            object.number = *count;
        }
        for event in &mut self.events {
            object_in(&mut event.what).into_iter().for_each(renumber);
        }
        for it in &mut self.resident {
            renumber(&mut it.object);
        }
        self.resident.sort_by_key(|it| (it.process, it.object));
        for it in &mut self.alive {
            it.traced().for_each(renumber);
        }
    }
}

/// Every process with the number of its ancestors, each before its children, siblings in order of birth.
pub(crate) fn in_tree_order(processes: &[Process]) -> Vec<(ProcessId, usize)> {
    let count = processes.len();
    let mut children: Vec<Vec<ProcessId>> = vec![Vec::new(); count];
    let mut roots = Vec::new();
    for (at, process) in processes.iter().enumerate() {
        // A parent is older than its child: so there is no circle, and everybody has a place.
        match process.parent.filter(|parent| *parent < at) {
            Some(parent) => children[parent].push(at),
            None => roots.push(at),
        }
    }
    let mut order = Vec::with_capacity(count);
    let mut next: Vec<(ProcessId, usize)> = roots.into_iter().rev().map(|it| (it, 0)).collect();
    while let Some((process, depth)) = next.pop() {
        order.push((process, depth));
        next.extend(children[process].iter().rev().map(|it| (*it, depth + 1)));
    }
    order
}

/// For each number its place in an order.
fn places(order: &[usize]) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    for (place, it) in order.iter().enumerate() {
        places[*it] = place;
    }
    places
}

fn object_in(what: &mut What) -> Option<&mut ObjectId> {
    match what {
        What::Open { object, .. } | What::Transfer { object, .. } | What::Map { object, .. } => {
            Some(object)
        }
        What::Close { object, .. } | What::Call { object, .. } => object.as_mut(),
        What::Fork { .. }
        | What::Exec { .. }
        | What::Name { .. }
        | What::Exit { .. }
        | What::Reap { .. }
        | What::Adopted { .. }
        | What::Kill { .. }
        | What::Signal { .. }
        | What::Stop { .. }
        | What::Continue
        | What::Intervention { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::record::{
        Ending, Event, Object, RECORD_VERSION, Reaped, Resident, Unreaped, Usage, Used,
    };

    /// Two children, of which each forks a child and makes a pipe; `births` says who came in which order: "a", "b", "a1", "b1".
    fn run(births: [&str; 5]) -> Record {
        let ids: BTreeMap<&str, ProcessId> = births
            .iter()
            .enumerate()
            .map(|(id, it)| (*it, id))
            .collect();
        let parent = |name: &str| match name {
            "a1" => Some(ids["a"]),
            "b1" => Some(ids["b"]),
            "" => None,
            _ => Some(0),
        };
        let mut record = Record {
            version: RECORD_VERSION,
            ending: Ending::Exited { code: 0 },
            stdout: Vec::new(),
            stderr: Vec::new(),
            traced: true,
            events_cut: false,
            processes: Vec::new(),
            objects: Vec::new(),
            events: Vec::new(),
            resident: Vec::new(),
            unreaped: Vec::new(),
            alive: Vec::new(),
            leftovers: Vec::new(),
            layers: Vec::new(),
            unobserved: Vec::new(),
            usage: Usage::default(),
        };
        let pids = BTreeMap::from([("", 10), ("a", 11), ("b", 12), ("a1", 13), ("b1", 14)]);
        for name in births {
            record.processes.push(Process {
                pid: pids[name],
                parent: parent(name),
                born: 0,
                end: None,
                reaped: parent(name).map(|by| Reaped {
                    at: 0,
                    by: Some(by),
                }),
                cpu: 0,
                threads: 0,
            });
        }
        let object = |kind, number| Object {
            kind,
            number,
            name: None,
        };
        record.objects = vec![object(ObjectKind::Other, 1); STANDARD];
        record.objects.extend([
            object(ObjectKind::Pipe, 1),
            object(ObjectKind::Pipe, 2),
            object(ObjectKind::File, 1),
        ]);
        // Who of the two was born first made the first pipe.
        let pipe = |name| STANDARD + usize::from(ids[name] > ids["a"].min(ids["b"]));
        let mut note = |process: &str, what| {
            record.events.push(Event {
                at: 0,
                until: None,
                process: ids[process],
                what,
            });
        };
        for name in births.iter().skip(1) {
            let by = parent(name).map_or("", |by| births[by]);
            note(by, What::Fork { child: ids[name] });
        }
        for name in ["a", "b"] {
            let map = What::Map {
                object: pipe(name),
                bytes: 1,
            };
            note(name, map);
        }
        let kill = What::Kill {
            to: Some(ids["b1"]),
            target: 14,
            signal: 9,
        };
        note("a1", kill);
        let from = Some(ids["a1"]);
        note("b1", What::Signal { signal: 9, from });
        let meanwhile = ids.values().map(|it| Used {
            process: *it,
            cpu: 0,
        });
        let what = String::new();
        let meanwhile = meanwhile.collect();
        note("", What::Intervention { what, meanwhile });
        record.resident = ["b", "a"]
            .iter()
            .map(|name| Resident {
                process: ids[name],
                object: pipe(name),
                bytes: 1,
            })
            .collect();
        let left = births.iter().filter(|it| it.len() == 2);
        record.unreaped = left
            .map(|it| Unreaped {
                pid: pids[it],
                still_running: true,
            })
            .collect();
        record.put_in_order();
        record.comparable()
    }

    #[test]
    fn who_of_two_forked_first_does_not_show() {
        let record = run(["", "a", "b", "a1", "b1"]);
        assert_eq!(record, run(["", "a", "b", "b1", "a1"]));
        assert_eq!(record, run(["", "a", "a1", "b", "b1"]));
        let pids: Vec<i32> = record.unreaped.iter().map(|it| it.pid).collect();
        assert_eq!(pids, [3, 5]);
        let parents: Vec<_> = record.processes.iter().map(|it| it.parent).collect();
        assert_eq!(parents, [None, Some(0), Some(1), Some(0), Some(3)]);
        let numbers: Vec<_> = record.objects[STANDARD..]
            .iter()
            .map(|it| (it.kind, it.number))
            .collect();
        let pipes = [(ObjectKind::Pipe, 1), (ObjectKind::Pipe, 2)];
        assert_eq!(numbers, [&pipes[..], &[(ObjectKind::File, 1)]].concat());
    }

    #[test]
    fn siblings_stay_in_order_of_birth() {
        assert_ne!(
            run(["", "a", "b", "a1", "b1"]),
            run(["", "b", "a", "a1", "b1"])
        );
    }
}
