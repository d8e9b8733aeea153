//! Mistake: the shortest job first, whether or not it has arrived.

use std::collections::VecDeque;
use std::process::ExitCode;

use scheduling::round_robin::{Job, Slice, Times, drive};

fn fifo(jobs: &[Job]) -> Vec<Slice> {
    let mut now = 0;
    let mut slices = Vec::new();
    for job in in_order_of_arrival(jobs) {
        // The CPU may have nothing to do before the next job comes.
        let start = now.max(jobs[job].arrival);
        now = start + jobs[job].length;
        slices.push(Slice {
            job,
            start,
            end: now,
        });
    }
    slices
}

fn sjf(jobs: &[Job]) -> Vec<Slice> {
    let mut waiting = in_order_of_arrival(jobs);
    let mut now = 0;
    let mut slices = Vec::new();
    while let Some(first) = waiting.first() {
        now = now.max(jobs[*first].arrival);
        let shortest = waiting.iter().min_by_key(|job| (jobs[**job].length, **job));
        let Some(&job) = shortest else {
            break;
        };
        waiting.retain(|other| *other != job);
        let end = now + jobs[job].length;
        slices.push(Slice {
            job,
            start: now,
            end,
        });
        now = end;
    }
    slices
}

fn round_robin(jobs: &[Job], quantum: u64) -> Vec<Slice> {
    let mut coming = VecDeque::from(in_order_of_arrival(jobs));
    let mut queue = VecDeque::new();
    let mut rest: Vec<u64> = jobs.iter().map(|job| job.length).collect();
    let mut now = 0;
    let mut slices = Vec::new();
    loop {
        admit(jobs, &mut coming, &mut queue, now);
        let Some(job) = queue.pop_front() else {
            // Nobody is ready: time passes until somebody comes, or all have been here.
            match coming.front() {
                Some(next) => now = jobs[*next].arrival,
                None => return slices,
            }
            continue;
        };
        let end = now + quantum.min(rest[job]);
        slices.push(Slice {
            job,
            start: now,
            end,
        });
        rest[job] -= end - now;
        now = end;
        // Who came during the slice, or at its very end, was in the queue before the job that comes back to it.
        admit(jobs, &mut coming, &mut queue, now);
        if rest[job] > 0 {
            queue.push_back(job);
        }
    }
}

/// Moves those that have come by `now` to the end of the queue.
fn admit(jobs: &[Job], coming: &mut VecDeque<usize>, queue: &mut VecDeque<usize>, now: u64) {
    while let Some(job) = coming.pop_front_if(|job| jobs[*job].arrival <= now) {
        queue.push_back(job);
    }
}

fn in_order_of_arrival(jobs: &[Job]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..jobs.len()).collect();
    // A stable sort: jobs that come together stay in the order of their numbers.
    order.sort_by_key(|job| jobs[*job].arrival);
    order
}

fn measure(job: Job, slices: &[Slice]) -> Times {
    let first = slices.first().map_or(job.arrival, |slice| slice.start);
    let last = slices.last().map_or(job.arrival, |slice| slice.end);
    // Nobody waits before being there: each of the times begins with the arrival.
    let turnaround = last.saturating_sub(job.arrival);
    Times {
        response: first.saturating_sub(job.arrival),
        turnaround,
        waiting: turnaround.saturating_sub(job.length),
    }
}

fn main() -> ExitCode {
    drive(fifo, sjf, round_robin, measure)
}
