//! Reference answer of `eevdf`.

use std::process::ExitCode;

use scheduling::eevdf::{SCALE, Slice, Task, drive};

/// Where a task is.
#[derive(Clone, Copy)]
struct State {
    runtime: u64,
    deadline: u64,
    /// What is left of its request, and of all that it wants.
    asked: u64,
    rest: u64,
}

fn schedule(tasks: &[Task], ticks: u64) -> Vec<Slice> {
    let begin = |task: &Task| State {
        runtime: 0,
        deadline: 0,
        asked: 0,
        rest: task.length,
    };
    let mut states: Vec<State> = tasks.iter().map(begin).collect();
    let mut running: Option<usize> = None;
    let mut slices = Vec::new();
    for now in 0..ticks {
        let here = ready(tasks, &states, |arrival| arrival < now);
        let (sum, weight) = weighted(tasks, &states, &here);
        for task in (0..tasks.len()).filter(|task| tasks[*task].arrival == now) {
            // At the average nothing is owed on either side: the lag is zero.
            states[task].runtime = sum.checked_div(weight).unwrap_or(0);
            request(&tasks[task], &mut states[task]);
        }
        let ready = ready(tasks, &states, |arrival| arrival <= now);
        // A request that has begun is served: switching costs, so a task that has the CPU keeps it for its slice.
        running = running.or_else(|| next(tasks, &states, &ready));
        let Some(task) = running else { continue };
        slices.push(Slice {
            job: task,
            start: now,
            end: now + 1,
        });
        let state = &mut states[task];
        state.runtime += SCALE / tasks[task].weight;
        state.rest -= 1;
        state.asked -= 1;
        if state.asked == 0 {
            request(&tasks[task], state);
            running = None;
        }
        if states[task].rest == 0 {
            running = None;
        }
    }
    slices
}

/// Among those that have had no more than their share, the one that is due first.
fn next(tasks: &[Task], states: &[State], ready: &[usize]) -> Option<usize> {
    let (sum, weight) = weighted(tasks, states, ready);
    // Multiplied out: a quotient would be rounded, and the one who is exactly at the average must not lose by that.
    let eligible = ready
        .iter()
        .filter(|task| states[**task].runtime * weight <= sum);
    eligible
        .copied()
        .min_by_key(|task| (states[*task].deadline, *task))
}

/// The sums of weight times virtual runtime, and of weights.
fn weighted(tasks: &[Task], states: &[State], ready: &[usize]) -> (u64, u64) {
    let weight = |task: &usize| tasks[*task].weight;
    let sum = ready
        .iter()
        .map(|task| weight(task) * states[*task].runtime);
    (sum.sum(), ready.iter().map(weight).sum())
}

fn ready(tasks: &[Task], states: &[State], has_come: impl Fn(u64) -> bool) -> Vec<usize> {
    let all = 0..tasks.len();
    all.filter(|task| states[*task].rest > 0 && has_come(tasks[*task].arrival))
        .collect()
}

/// A heavy task reaches its deadline with less virtual time: the same slice is due earlier.
fn request(task: &Task, state: &mut State) {
    state.asked = task.slice;
    state.deadline = state.runtime + task.slice * SCALE / task.weight;
}

fn main() -> ExitCode {
    drive(schedule)
}
