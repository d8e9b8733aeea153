//! Threads that stand still because of an intervention, and what the others do meanwhile.

use std::time::{Duration, Instant};

use super::Recorder;
use crate::record::{Micros, ProcessId, Used, What};
use crate::trace::cpu;
use crate::trace::stop::{Stop, Until};

/// On a busy machine, a thread stands still for so many times as long at most.
const MOST_TIMES: u32 = 20;

/// Who wants to run while another one stands still must have got this part of the time: whether it spins shows only then.
const LEAST_SHARE: u32 = 5;

/// A thread that stands still.
#[derive(Debug)]
pub(super) struct Hold {
    stop: Stop,
    since: Instant,
    time: Duration,
    /// The event of the intervention, where it was kept.
    event: Option<usize>,
    /// The CPU time that each process had used before.
    before: Vec<(ProcessId, Duration)>,
}

impl Hold {
    /// The CPU time that a process had used before. Who was not there was born meanwhile.
    fn used_before(&self, process: ProcessId) -> Duration {
        let before = self.before.iter().find(|(it, _)| *it == process);
        before.map_or(Duration::ZERO, |(_, time)| *time)
    }
}

impl Recorder {
    /// Leaves a thread standing where an intervention has just been noted.
    pub(super) fn hold(&mut self, stop: Stop, time: Duration) {
        let event = self.events.len().checked_sub(1);
        let is_it = |event: &usize| matches!(self.events[*event].what, What::Intervention { .. });
        let hold = Hold {
            stop,
            since: Instant::now(),
            time,
            event: event.filter(is_it),
            before: self.cpu_of_all(),
        };
        self.held.push(hold);
    }

    /// Lets those go on who have stood still long enough.
    pub(super) fn free_held(&mut self) {
        for hold in std::mem::take(&mut self.held) {
            let stood = hold.since.elapsed();
            let is_late = stood >= hold.time * MOST_TIMES;
            if stood < hold.time || !is_late && self.are_others_starved(&hold) {
                self.held.push(hold);
            } else {
                self.note_meanwhile(&hold);
                self.let_in(hold.stop);
            }
        }
    }

    /// Whether somebody wants to run while a thread stands still, and has hardly got to it because the machine is busy.
    fn are_others_starved(&self, hold: &Hold) -> bool {
        let own = self.threads.get(hold.stop.pid()).map(|it| it.process);
        let others = self.processes.iter().enumerate().filter(|(process, it)| {
            Some(*process) != own && it.end.is_none() && cpu::is_runnable(it.pid)
        });
        let least = hold.time / LEAST_SHARE;
        let mut used = others.filter_map(|(process, it)| {
            Some(cpu::used_by(it.pid)?.saturating_sub(hold.used_before(process)))
        });
        used.any(|used| used < least)
    }

    /// Lets all go on: the run is being ended.
    pub(super) fn free_all_held(&mut self) {
        for hold in std::mem::take(&mut self.held) {
            self.note_meanwhile(&hold);
            hold.stop.resume(Until::NextStop);
        }
    }

    /// Adds to the event of an intervention how long it took, and the CPU time of all others in that time.
    fn note_meanwhile(&mut self, hold: &Hold) {
        let Some(event) = hold.event else {
            return;
        };
        let own = self.events[event].process;
        let used = |(process, after): (ProcessId, Duration)| {
            let cpu = after.saturating_sub(hold.used_before(process)).as_micros();
            let cpu = Micros::try_from(cpu).unwrap_or(Micros::MAX);
            Used { process, cpu }
        };
        let mut all: Vec<Used> = self.cpu_of_all().into_iter().map(used).collect();
        all.retain(|it| it.process != own);
        let until = Some(self.now());
        let event = &mut self.events[event];
        event.until = until;
        if let What::Intervention { meanwhile, .. } = &mut event.what {
            *meanwhile = all;
        }
    }

    /// The CPU time that each process has used, until now or until its end.
    fn cpu_of_all(&self) -> Vec<(ProcessId, Duration)> {
        let processes = self.processes.iter().enumerate();
        processes
            .filter_map(|(process, it)| {
                let time = match it.end {
                    None => cpu::used_by(it.pid)?,
                    Some(_) => Duration::from_micros(it.cpu),
                };
                Some((process, time))
            })
            .collect()
    }
}
