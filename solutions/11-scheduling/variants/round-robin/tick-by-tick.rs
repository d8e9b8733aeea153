//! Variant: the clock ticks, and at each tick it is seen who is there and who has the CPU.

use std::collections::VecDeque;
use std::process::ExitCode;

use scheduling::round_robin::{Job, Slice, Times, drive};

fn fifo(jobs: &[Job]) -> Vec<Slice> {
    tick(jobs, u64::MAX, |queue, jobs| {
        queue
            .make_contiguous()
            .sort_by_key(|&job| (jobs[job].arrival, job));
    })
}

fn sjf(jobs: &[Job]) -> Vec<Slice> {
    tick(jobs, u64::MAX, |queue, jobs| {
        queue
            .make_contiguous()
            .sort_by_key(|&job| (jobs[job].length, job));
    })
}

fn round_robin(jobs: &[Job], quantum: u64) -> Vec<Slice> {
    tick(jobs, quantum, |_, _| {})
}

/// Runs the first of the queue for at most `quantum` ticks; `arrange` puts the queue in order before somebody is chosen.
fn tick(jobs: &[Job], quantum: u64, arrange: fn(&mut VecDeque<usize>, &[Job])) -> Vec<Slice> {
    let mut rest: Vec<u64> = jobs.iter().map(|job| job.length).collect();
    let mut queue = VecDeque::new();
    let mut running: Option<(usize, u64)> = None;
    let mut slices = Vec::new();
    let mut now = 0;
    while rest.iter().any(|rest| *rest > 0) {
        queue.extend((0..jobs.len()).filter(|job| jobs[*job].arrival == now));
        if let Some((job, left)) = running {
            if rest[job] == 0 {
                running = None;
            } else if left == 0 {
                queue.push_back(job);
                running = None;
            }
        }
        if running.is_none() {
            arrange(&mut queue, jobs);
            running = queue.pop_front().map(|job| (job, quantum));
        }
        if let Some((job, left)) = &mut running {
            rest[*job] -= 1;
            *left -= 1;
            slices.push(Slice {
                job: *job,
                start: now,
                end: now + 1,
            });
        }
        now += 1;
    }
    slices
}

fn measure(job: Job, slices: &[Slice]) -> Times {
    let (Some(first), Some(last)) = (slices.first(), slices.last()) else {
        return Times {
            response: 0,
            turnaround: 0,
            waiting: 0,
        };
    };
    let ran: u64 = slices.iter().map(|slice| slice.end - slice.start).sum();
    Times {
        response: first.start - job.arrival,
        turnaround: last.end - job.arrival,
        waiting: last.end - job.arrival - ran,
    }
}

fn main() -> ExitCode {
    drive(fifo, sjf, round_robin, measure)
}
