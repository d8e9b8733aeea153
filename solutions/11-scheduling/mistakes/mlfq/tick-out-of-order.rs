//! Mistake: who is back from the device is put into the queue before who arrives at the same tick.

use std::collections::VecDeque;
use std::process::ExitCode;

use scheduling::mlfq::{Job, Rules, Slice, drive};

/// What is known of a job.
#[derive(Clone, Copy, Default)]
struct State {
    level: usize,
    /// Ticks of the quantum, and quanta of the allotment, that are used up.
    ticks: u64,
    quanta: u64,
    ran: u64,
    /// When the device has served it.
    back: Option<u64>,
}

fn schedule(jobs: &[Job], rules: &Rules) -> Vec<Slice> {
    let mut states = vec![State::default(); jobs.len()];
    let mut queues = vec![VecDeque::new(); rules.quanta.len()];
    let mut slices = Vec::new();
    let mut now = 0_u64;
    while (0..jobs.len()).any(|job| states[job].ran < jobs[job].length) {
        if rules
            .boost
            .is_some_and(|boost| now > 0 && now.is_multiple_of(boost))
        {
            boost(&mut states, &mut queues);
        }
        for (job, state) in states.iter_mut().enumerate() {
            if state.back.take_if(|back| *back == now).is_some() {
                queues[state.level].push_back(job);
            }
        }
        queues[0].extend((0..jobs.len()).filter(|job| jobs[*job].arrival == now));
        if let Some(job) = queues.iter().find_map(|queue| queue.front().copied()) {
            slices.push(Slice {
                job,
                start: now,
                end: now + 1,
            });
            account(
                &jobs[job],
                job,
                &mut states[job],
                rules,
                &mut queues,
                now + 1,
            );
        }
        now += 1;
    }
    slices
}

/// Everybody begins anew, or a job that came down long ago would stay down whatever it has become.
fn boost(states: &mut [State], queues: &mut [VecDeque<usize>]) {
    for state in states.iter_mut() {
        (state.level, state.ticks, state.quanta) = (0, 0, 0);
    }
    let all = queues.iter_mut().flat_map(std::mem::take).collect();
    queues[0] = all;
}

/// What the tick that ends at `now` means for the job that had it: the first of the queue of its level.
fn account(
    job: &Job,
    number: usize,
    state: &mut State,
    rules: &Rules,
    queues: &mut [VecDeque<usize>],
    now: u64,
) {
    let queue = state.level;
    state.ran += 1;
    state.ticks += 1;
    if state.ran == job.length {
        queues[queue].pop_front();
        return;
    }
    let waits = job
        .waits_every
        .is_some_and(|every| state.ran.is_multiple_of(every));
    let is_used_up = state.ticks == rules.quanta[queue];
    // Counted whether or not it waits for the device: one that leaves just before the end of its quantum gains nothing by that.
    if is_used_up {
        state.ticks = 0;
        state.quanta += 1;
    }
    if state.quanta == rules.allotment {
        state.quanta = 0;
        state.level = (state.level + 1).min(rules.quanta.len() - 1);
    }
    if waits || is_used_up {
        queues[queue].pop_front();
    }
    if waits {
        state.back = Some(now + rules.device);
    } else if is_used_up {
        queues[state.level].push_back(number);
    }
}

fn main() -> ExitCode {
    drive(schedule)
}
