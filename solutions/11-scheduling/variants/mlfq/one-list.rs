//! Variant: one list for all levels, sorted by level and by who has been on it for longest.

use std::process::ExitCode;

use scheduling::mlfq::{Job, Rules, Slice, drive};

/// A job, as long as it is not done.
struct Entry {
    number: usize,
    level: usize,
    /// Its place in the queue of its level: the smallest is first.
    ticket: u64,
    /// When it is ready: its arrival, or when the device has served it.
    ready: u64,
    is_new: bool,
    ran: u64,
    ticks_left: u64,
    quanta_left: u64,
}

fn schedule(jobs: &[Job], rules: &Rules) -> Vec<Slice> {
    let entry = |(number, job): (usize, &Job)| Entry {
        number,
        level: 0,
        ticket: 0,
        ready: job.arrival,
        is_new: true,
        ran: 0,
        ticks_left: rules.quanta[0],
        quanta_left: rules.allotment,
    };
    let mut entries: Vec<Entry> = jobs.iter().enumerate().map(entry).collect();
    let mut slices: Vec<Slice> = Vec::new();
    let mut tickets = 1..;
    let mut now: u64 = 0;
    while !entries.is_empty() {
        if let Some(period) = rules.boost
            && now > 0
            && now.is_multiple_of(period)
        {
            // In order of level and place, so the tickets keep that order in the one queue that is left.
            entries.sort_by_key(|it| (it.level, it.ticket));
            for entry in &mut entries {
                entry.level = 0;
                entry.ticks_left = rules.quanta[0];
                entry.quanta_left = rules.allotment;
                if entry.ready < now {
                    entry.ticket = tickets.next().unwrap_or(u64::MAX);
                }
            }
        }
        entries.sort_by_key(|it| (!it.is_new, it.number));
        for entry in entries.iter_mut().filter(|it| it.ready == now) {
            entry.ticket = tickets.next().unwrap_or(u64::MAX);
            entry.is_new = false;
        }
        let ready = entries.iter_mut().filter(|it| it.ready <= now);
        if let Some(entry) = ready.min_by_key(|it| (it.level, it.ticket)) {
            let job = &jobs[entry.number];
            slices.push(Slice {
                job: entry.number,
                start: now,
                end: now + 1,
            });
            entry.ran += 1;
            entry.ticks_left -= 1;
            if entry.ticks_left == 0 {
                entry.quanta_left -= 1;
                if entry.quanta_left == 0 {
                    entry.quanta_left = rules.allotment;
                    entry.level = (entry.level + 1).min(rules.quanta.len() - 1);
                }
                entry.ticks_left = rules.quanta[entry.level];
                entry.ticket = tickets.next().unwrap_or(u64::MAX);
            }
            if job
                .waits_every
                .is_some_and(|every| entry.ran.is_multiple_of(every))
            {
                entry.ready = now + 1 + rules.device;
            }
        }
        entries.retain(|it| it.ran < jobs[it.number].length);
        now += 1;
    }
    slices
}

fn main() -> ExitCode {
    drive(schedule)
}
