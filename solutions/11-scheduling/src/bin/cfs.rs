//! Reference answer of `cfs`.

use std::process::ExitCode;

use scheduling::cfs::{NICE_0, Slice, TICK, Task, drive, weight_of};

fn schedule(tasks: &[Task], ticks: u64) -> Vec<Slice> {
    let mut runtime = vec![0_u64; tasks.len()];
    let mut rest: Vec<u64> = tasks.iter().map(|task| task.length).collect();
    let mut slices = Vec::new();
    for now in 0..ticks {
        let unfinished: Vec<usize> = (0..tasks.len()).filter(|task| rest[*task] > 0).collect();
        // Virtual time only compares tasks with each other. Whoever comes is put level with the one that has had least:
        // nothing is owed for the time before, and nothing has to be paid.
        let here = unfinished.iter().filter(|task| tasks[**task].arrival < now);
        let least = here.map(|task| runtime[*task]).min().unwrap_or(0);
        for task in unfinished.iter().filter(|it| tasks[**it].arrival == now) {
            runtime[*task] = least;
        }
        let ready = unfinished
            .into_iter()
            .filter(|it| tasks[*it].arrival <= now);
        let Some(task) = ready.min_by_key(|task| (runtime[*task], *task)) else {
            continue;
        };
        slices.push(Slice {
            job: task,
            start: now,
            end: now + 1,
        });
        rest[task] -= 1;
        // Nanoseconds first, the division last: in whole ticks a heavy task would never come any further.
        runtime[task] += TICK * NICE_0 / weight_of(tasks[task].nice);
    }
    slices
}

fn main() -> ExitCode {
    drive(schedule)
}
