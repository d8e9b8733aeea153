//! Reference answer of `priority-aging`.

use std::process::ExitCode;

use scheduling::priority_aging::{Job, Slice, drive};

fn schedule(jobs: &[Job], step: Option<i64>) -> Vec<Slice> {
    let mut rest: Vec<u64> = jobs.iter().map(|job| job.length).collect();
    let mut waited = vec![0_i64; jobs.len()];
    let mut slices = Vec::new();
    let mut now = 0;
    while rest.iter().any(|rest| *rest > 0) {
        let is_ready = |job: &usize| rest[*job] > 0 && jobs[*job].arrival <= now;
        let ready: Vec<usize> = (0..jobs.len()).filter(is_ready).collect();
        // The priority itself stays as it is: what a job has gained by waiting is gone as soon as it has run.
        let urgency = |job: usize| {
            let gained = step.map_or(0, |step| waited[job] / step);
            jobs[job].priority - gained
        };
        let Some(&next) = ready.iter().min_by_key(|job| (urgency(**job), **job)) else {
            now += 1;
            continue;
        };
        slices.push(Slice {
            job: next,
            start: now,
            end: now + 1,
        });
        rest[next] -= 1;
        for job in ready {
            waited[job] = if job == next { 0 } else { waited[job] + 1 };
        }
        now += 1;
    }
    slices
}

fn main() -> ExitCode {
    drive(schedule)
}
