//! A record without what differs between two runs of the same program, so that records can be compared.
//!
//! Three things differ where nobody did anything else: when things happened, which process ids the host chose, and
//! who of two processes that ran at once came first. Everything else is the program's doing.

use std::collections::HashMap;

use super::{Event, Micros, Process, ProcessId, Record, Usage, What, alive};

/// SIGRTMIN of the kernel.
const FIRST_REAL_TIME_SIGNAL: i32 = 32;

impl Record {
    /// The record as it would be had time stood still and processes been numbered from 1 on in the order of the tree, as in a new PID
    /// namespace.
    ///
    /// - Times, CPU times and the usage are 0; whether a call returned remains.
    /// - A process id is one more than the place of its process, wherever it stands: in processes, among the unreaped and the
    ///   alive, as the target of a signal, and in the mark `[pid N]` in output. An id of no process of the run remains.
    /// - What the living hold has the kernel's numbers, which are replaced by others in order of first appearance.
    /// - Events are ordered by process, and in each process as they happened, but for standard signals that came: they
    ///   interrupt it anywhere, and those that come together are one. Each stands once, behind the rest, without a sender.
    /// - Lines of output are ordered by the process that their mark names, those without a mark first.
    #[must_use]
    pub fn comparable(&self) -> Self {
        let mut record = self.clone();
        let pids = Pids::of(&record.processes);
        for process in &mut record.processes {
            process.pid = pids.place(process.pid);
            process.born = 0;
            process.cpu = 0;
            for at in [
                process.end.as_mut().map(|end| &mut end.at),
                process.reaped.as_mut().map(|reaped| &mut reaped.at),
            ] {
                at.into_iter().for_each(|at| *at = 0);
            }
        }
        for it in &mut record.unreaped {
            it.pid = pids.place(it.pid);
        }
        alive::make_comparable(&mut record.alive, |pid| pids.place(pid));
        for event in &mut record.events {
            forget_times(event);
            match &mut event.what {
                What::Kill { target, .. } => *target = pids.place_of_target(*target),
                What::Intervention { meanwhile, .. } => meanwhile.clear(),
                What::Signal { signal, from } if *signal < FIRST_REAL_TIME_SIGNAL => *from = None,
                _ => {}
            }
        }
        record
            .events
            .sort_by_key(|event| (event.process, standard_signal(event)));
        record.events.dedup_by(|next, event| {
            let signal = standard_signal(event);
            signal.is_some() && signal == standard_signal(next) && event.process == next.process
        });
        record.stdout = pids.place_in_lines(&record.stdout);
        record.stderr = pids.place_in_lines(&record.stderr);
        record.usage = Usage::default();
        record
    }
}

/// The number of a signal that came, if it is one of those of which only one waits at a time (`signal(7)`).
fn standard_signal(event: &Event) -> Option<i32> {
    match event.what {
        What::Signal { signal, .. } if signal < FIRST_REAL_TIME_SIGNAL => Some(signal),
        _ => None,
    }
}

fn forget_times(event: &mut Event) {
    event.at = 0;
    event.until = event.until.map(|_| Micros::default());
}

/// The processes by their ids. Where the host gave an id twice, its last process is meant.
struct Pids(HashMap<i32, ProcessId>);

impl Pids {
    fn of(processes: &[Process]) -> Self {
        let places = processes.iter().enumerate();
        Self(places.map(|(place, it)| (it.pid, place)).collect())
    }

    fn place(&self, pid: i32) -> i32 {
        let place = self.0.get(&pid).and_then(|it| i32::try_from(it + 1).ok());
        place.unwrap_or(pid)
    }

    /// A process, or as a negative number a group.
    fn place_of_target(&self, target: i64) -> i64 {
        let pid = i32::try_from(target.abs()).unwrap_or(0);
        i64::from(self.place(pid)) * if target < 0 { -1 } else { 1 }
    }

    /// Output with its lines ordered by process, and the ids in their marks replaced; other numbers mean something else.
    fn place_in_lines(&self, output: &[u8]) -> Vec<u8> {
        let mut lines: Vec<(i32, Vec<u8>)> = output
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| self.place_in_line(line))
            .collect();
        lines.sort_by_key(|(place, _)| *place);
        lines.into_iter().flat_map(|(_, line)| line).collect()
    }

    /// A line with its marks replaced, and the process that it begins with; 0 without one.
    fn place_in_line(&self, line: &[u8]) -> (i32, Vec<u8>) {
        const MARK: &[u8] = b"[pid ";
        let mut placed = Vec::with_capacity(line.len());
        let (mut rest, mut first) = (line, 0);
        while let Some(at) = rest.windows(MARK.len()).position(|it| it == MARK) {
            let (before, number) = rest.split_at(at + MARK.len());
            let digits = number.iter().take_while(|it| it.is_ascii_digit()).count();
            let (digits, after) = number.split_at(digits);
            placed.extend_from_slice(before);
            match std::str::from_utf8(digits).map(str::parse) {
                Ok(Ok(pid)) => {
                    let place = self.place(pid);
                    if placed.len() == MARK.len() {
                        first = place;
                    }
                    placed.extend(place.to_string().into_bytes());
                }
                _ => placed.extend_from_slice(digits),
            }
            rest = after;
        }
        placed.extend_from_slice(rest);
        (first, placed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{End, Ending, Exit, Reaped};

    /// A parent with this pid that signals and reaps its child, at times that begin with `at`.
    fn record(pid: i32, at: Micros) -> Record {
        let event = |at, process, what| Event {
            at,
            until: Some(at + 1),
            process,
            what,
        };
        let child = pid + 5;
        let target = i64::from(-child);
        let how = Exit::Signal(15);
        let kill = What::Kill {
            to: Some(1),
            target,
            signal: 15,
        };
        let reap = What::Reap {
            child: 1,
            only_asked: false,
        };
        let signal = What::Signal {
            signal: 17,
            from: Some(1),
        };
        let process = |pid, parent| Process {
            pid,
            parent,
            born: at,
            end: Some(End { at: at + 9, how }),
            reaped: Some(Reaped { at, by: None }),
            cpu: at,
            threads: 0,
        };
        Record {
            version: 0,
            ending: Ending::Exited { code: 0 },
            stdout: format!("[pid {child}] is {child}, not [pid 1x] or [pid ").into_bytes(),
            stderr: Vec::new(),
            traced: true,
            events_cut: false,
            processes: vec![process(pid, None), process(child, Some(0))],
            objects: Vec::new(),
            resident: Vec::new(),
            events: vec![
                event(at, 0, signal),
                event(at, 1, What::Exit { how }),
                event(at, 0, kill),
                event(at, 0, reap),
            ],
            unreaped: Vec::new(),
            alive: Vec::new(),
            leftovers: Vec::new(),
            layers: Vec::new(),
            unobserved: Vec::new(),
            usage: Usage::default(),
        }
    }

    #[test]
    fn what_the_host_chose_does_not_tell_two_records_apart() {
        let (one, mut other) = (record(4711, 3), record(99, 1000));
        // Between two processes, and for a signal that comes, the order is chance.
        other.events.swap(0, 1);
        other.events.rotate_left(2);
        other.stdout = b"[pid 104] is 4716, not [pid 1x] or [pid ".to_vec();
        assert_ne!(one, other);
        assert_eq!(one.comparable(), other.comparable());
        let said = String::from_utf8(one.comparable().stdout).unwrap();
        assert_eq!(said, "[pid 2] is 4716, not [pid 1x] or [pid ");
        assert_eq!(one.comparable().comparable(), one.comparable());
    }

    #[test]
    fn what_the_program_did_tells_two_records_apart() {
        let (one, mut other) = (record(7, 3), record(7, 3));
        // It reaps before it kills.
        other.events.swap(2, 3);
        assert_ne!(one.comparable(), other.comparable());
        let mut other = record(7, 3);
        other.events[3].until = None;
        assert_ne!(one.comparable(), other.comparable());
    }
}
