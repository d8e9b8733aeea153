//! Variant: a loop over turns instead of ticks: each turn is as long as the request, the task and the time allow.

use std::process::ExitCode;

use scheduling::eevdf::{SCALE, Slice, Task, drive};

/// A task that has come and is not done.
struct Ready {
    number: usize,
    runtime: u64,
    deadline: u64,
    left: u64,
}

fn schedule(tasks: &[Task], ticks: u64) -> Vec<Slice> {
    let mut ready: Vec<Ready> = Vec::new();
    let mut slices = Vec::new();
    let mut now = 0;
    join(tasks, &mut ready, now);
    while now < ticks {
        let load: u64 = ready.iter().map(|it| tasks[it.number].weight).sum();
        let sum: u64 = ready
            .iter()
            .map(|it| tasks[it.number].weight * it.runtime)
            .sum();
        let eligible = (0..ready.len()).filter(|it| ready[*it].runtime * load <= sum);
        let chosen = eligible.min_by_key(|it| (ready[*it].deadline, ready[*it].number));
        let Some(number) = chosen.map(|it| ready[it].number) else {
            now += 1;
            join(tasks, &mut ready, now);
            continue;
        };
        let task = &tasks[number];
        let start = now;
        let mut served = 0;
        let mut is_done = false;
        // Tick by tick only because others may come meanwhile, and begin where the average then is.
        while served < task.slice && now < ticks && !is_done {
            if let Some(it) = ready.iter_mut().find(|it| it.number == number) {
                it.runtime += SCALE / task.weight;
                it.left -= 1;
                is_done = it.left == 0;
            }
            if is_done {
                ready.retain(|it| it.number != number);
            }
            served += 1;
            now += 1;
            join(tasks, &mut ready, now);
        }
        slices.push(Slice {
            job: number,
            start,
            end: now,
        });
        if let Some(it) = ready.iter_mut().find(|it| it.number == number) {
            it.deadline = it.runtime + task.slice * SCALE / task.weight;
        }
    }
    slices
}

/// Adds those that come at `now`, level with the average of those that are there.
fn join(tasks: &[Task], ready: &mut Vec<Ready>, now: u64) {
    let load: u64 = ready.iter().map(|it| tasks[it.number].weight).sum();
    let sum: u64 = ready
        .iter()
        .map(|it| tasks[it.number].weight * it.runtime)
        .sum();
    let average = sum.checked_div(load).unwrap_or(0);
    for (number, task) in tasks.iter().enumerate().filter(|(_, it)| it.arrival == now) {
        ready.push(Ready {
            number,
            runtime: average,
            deadline: average + task.slice * SCALE / task.weight,
            left: task.length,
        });
    }
}

fn main() -> ExitCode {
    drive(schedule)
}
