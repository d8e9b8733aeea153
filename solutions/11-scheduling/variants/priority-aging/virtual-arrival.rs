//! Variant: who waits does not become more urgent tick by tick; a job remembers when it last ran, and the rest is calculated.

use std::process::ExitCode;

use scheduling::priority_aging::{Job, Slice, drive};

struct Waiting {
    number: usize,
    priority: i64,
    since: u64,
    rest: u64,
}

fn schedule(jobs: &[Job], step: Option<i64>) -> Vec<Slice> {
    let mut waiting: Vec<Waiting> = jobs
        .iter()
        .enumerate()
        .map(|(number, job)| Waiting {
            number,
            priority: job.priority,
            since: job.arrival,
            rest: job.length,
        })
        .collect();
    let mut slices: Vec<Slice> = Vec::new();
    let mut now = 0;
    while let Some(earliest) = waiting.iter().map(|job| job.since).min() {
        now = earliest.max(now);
        let urgency = |job: &Waiting| {
            let waited = i64::try_from(now - job.since).unwrap_or(i64::MAX);
            job.priority - step.map_or(0, |step| waited / step)
        };
        let next = waiting
            .iter_mut()
            .filter(|job| job.since <= now)
            .min_by_key(|job| (urgency(job), job.number));
        if let Some(job) = next {
            job.rest -= 1;
            job.since = now + 1;
            match slices.last_mut() {
                Some(last) if last.job == job.number && last.end == now => last.end = now + 1,
                _ => slices.push(Slice {
                    job: job.number,
                    start: now,
                    end: now + 1,
                }),
            }
        }
        waiting.retain(|job| job.rest > 0);
        now += 1;
    }
    slices
}

fn main() -> ExitCode {
    drive(schedule)
}
