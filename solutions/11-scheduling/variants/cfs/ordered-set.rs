//! Variant: the ready tasks are kept in order of their virtual runtimes, as the kernel keeps them in its red-black tree.

use std::collections::BTreeSet;
use std::process::ExitCode;

use scheduling::cfs::{NICE_0, Slice, TICK, Task, drive, weight_of};

fn schedule(tasks: &[Task], ticks: u64) -> Vec<Slice> {
    let mut rest: Vec<u64> = tasks.iter().map(|task| task.length).collect();
    let mut timeline: BTreeSet<(u64, usize)> = BTreeSet::new();
    let mut slices: Vec<Slice> = Vec::new();
    for now in 0..ticks {
        let leftmost = timeline.first().map_or(0, |(runtime, _)| *runtime);
        for (number, _) in tasks.iter().enumerate().filter(|(_, it)| it.arrival == now) {
            timeline.insert((leftmost, number));
        }
        let Some((runtime, number)) = timeline.pop_first() else {
            continue;
        };
        match slices.last_mut() {
            Some(last) if last.job == number && last.end == now => last.end += 1,
            _ => slices.push(Slice {
                job: number,
                start: now,
                end: now + 1,
            }),
        }
        rest[number] -= 1;
        if rest[number] > 0 {
            let delta = NICE_0 * TICK / weight_of(tasks[number].nice);
            timeline.insert((runtime + delta, number));
        }
    }
    slices
}

fn main() -> ExitCode {
    drive(schedule)
}
