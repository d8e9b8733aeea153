//! Driver of `ring-queue`: one producer and one consumer, in every order that matters, then both at once.
//!
//! Usage: `ring-queue [ITEMS]`: so many items where both run at once (default 1000).
//!
//! - Who writes which words is seen in a first hand-over without any wait; their addresses say whether they are in one line of the cache.
//! - After the schedules, one of the two is stopped before each of its operations: the other one must not wait for it.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::io;
use std::process::ExitCode;

use crate::ledger::{HAS_PUT, HAS_TAKEN, Ledger, POINTS};
use crate::program::{Program, print_line};
use crate::shared::stage::{Stage, Status, Stop, Task};
use crate::shared::{
    Failure, Shareable, Watch, crowd, enumerate, failure, place, run_before, run_until, sleep,
};

/// How many places the ring has; few, so that it is soon full.
pub const SLOTS: usize = if cfg!(feature = "large-ring") {
    1024
} else {
    2
};

const PRODUCER: usize = 0;
const CONSUMER: usize = 1;

/// How many items there are in a play: the ring is full once at least, and its beginning is used again.
const ITEMS: u32 = 4;

/// The line of a cache, on nearly every machine.
const LINE: usize = 64;

/// Runs the exercise with the student's functions: make a ring; put an item in; take one out.
#[must_use]
pub fn drive<R: Shareable>(new: fn() -> R, push: fn(&R, u32), pop: fn(&R) -> u32) -> ExitCode {
    let program = Program::begin();
    let many = std::env::args()
        .nth(1)
        .map_or(Some(1000), |word| word.parse().ok());
    let Some(many @ 1..=10_000_000) = many else {
        eprintln!("usage: ring-queue [ITEMS]: 1 to 10000000 items");
        return ExitCode::from(2);
    };
    let slots = u32::try_from(SLOTS).unwrap_or(u32::MAX);
    // One for the schedules, one for the crowd: its processes are new, too.
    let (Ok(ring), Ok(other), Ok(ledger)) = (place(new()), place(new()), place(Ledger::new(slots)))
    else {
        eprintln!("ring-queue: no shared memory");
        return ExitCode::FAILURE;
    };
    print_line(&format!("places: {SLOTS}"));
    ledger.demand_order();
    let tasks = move |ring: &'static R, items: u32| -> Vec<Task> {
        let produce =
            move || (1..=items).for_each(|item| ledger.put(item, |item| push(ring, item)));
        let consume = move || (1..=items).for_each(|_| ledger.take(|| pop(ring)));
        vec![Box::new(produce), Box::new(consume)]
    };
    let mut stage = match Stage::open(ring, POINTS, tasks(ring, ITEMS)) {
        Ok(stage) => stage,
        Err(error) => return program.end("ring-queue", Err::<(), _>(error), |()| {}),
    };
    stage.before_each_play(Box::new(|| ledger.reset()));
    let watch = |_: &Stage| ledger.fault();
    let played = first_hand_over(&mut stage, &watch)
        .and_then(|()| enumerate(&mut stage, &watch))
        .and_then(|_| stop_one(&mut stage, ledger, &watch));
    let closed = stage.close();
    if let Err(failure) = played {
        return failure.tell(|asleep| {
            let who = sleep(&asleep.who);
            if asleep.only_a_wake_was_missing {
                format!("lost wake-up: {who}, and there is nobody left to wake them")
            } else {
                format!("stuck: {who}, and waking them does not help")
            }
        });
    }
    if let Err(error) = closed {
        return program.end("ring-queue", Err::<(), _>(error), |()| {});
    }
    print_line("in every schedule: each item came out once, in order");
    print_line("where one stops, the other goes on");
    ledger.reset();
    let played =
        crowd::run(&tasks(other, many)).and_then(|_| measure(place(new())?, push, pop, many));
    program.end("ring-queue", played, |_| {
        let is_right = ledger.is_balanced() && ledger.fault().is_none();
        let state = if is_right {
            "as they should"
        } else {
            "wrongly"
        };
        print_line(&format!("both at once: {} items, {state}", ledger.taken()));
    })
}

/// Both as fast as they can, and nobody keeps books: what an item costs.
fn measure<R: Shareable>(
    ring: &'static R,
    push: fn(&R, u32),
    pop: fn(&R) -> u32,
    items: u32,
) -> io::Result<bool> {
    let produce = move || (1..=items).for_each(|item| push(ring, item));
    let consume = move || {
        let sum: u64 = (1..=items).map(|_| u64::from(pop(ring))).sum();
        black_box(sum);
    };
    let tasks: [Task; 2] = [Box::new(produce), Box::new(consume)];
    crowd::timed(&tasks, items.into(), "items")
}

/// One item goes through without a wait. What only the one writes and what only the other writes must be in different lines.
fn first_hand_over(stage: &mut Stage, watch: Watch<'_>) -> Result<(), Failure> {
    stage.begin(None);
    run_until(stage, PRODUCER, HAS_PUT, watch)?;
    run_until(stage, CONSUMER, HAS_TAKEN, watch)?;
    let written = |actor: usize| -> BTreeSet<usize> {
        let own = stage.steps().iter().filter(|step| step.actor == actor);
        own.filter(|step| step.operation.writes())
            .map(|step| step.operation.word)
            .collect()
    };
    let (producers, consumers) = (written(PRODUCER), written(CONSUMER));
    let only_consumers: Vec<usize> = consumers.difference(&producers).copied().collect();
    let mut pairs = producers
        .difference(&consumers)
        .flat_map(|word| only_consumers.iter().map(move |other| (*word, *other)));
    if let Some((word, other)) = pairs.find(|(word, other)| word / LINE == other / LINE) {
        let (word, other) = (stage.name_of(word), stage.name_of(other));
        let seen = format!(
            "false sharing: the producer writes {word}, the consumer writes {other}, and they are in one line of the cache"
        );
        return Err(failure(stage, Stop::Seen(seen)));
    }
    crate::shared::finish(stage, watch)
}

/// One of the two stops before each of its operations in turn. The other one may sleep only if the ring is empty or full.
fn stop_one(stage: &mut Stage, ledger: &Ledger, watch: Watch<'_>) -> Result<(), Failure> {
    for (stopped, other) in [(PRODUCER, CONSUMER), (CONSUMER, PRODUCER)] {
        for before in 1.. {
            stage.begin(None);
            run_before(stage, stopped, before, watch)?;
            run_before(stage, other, usize::MAX, watch)?;
            run_before(stage, stopped, before, watch)?;
            run_before(stage, other, usize::MAX, watch)?;
            let inside = usize::try_from(ledger.inside()).unwrap_or(usize::MAX);
            // A ring may keep one place free, to tell full from empty.
            let can_go_on = if other == CONSUMER {
                inside > 0
            } else {
                inside + 1 < SLOTS
            };
            if can_go_on && matches!(stage.status(other), Status::Asleep(_)) {
                let seen = format!(
                    "not lock-free: {} while process {} is stopped, with {inside} of {SLOTS} places in use",
                    sleep(&[other]),
                    stopped + 1
                );
                return Err(failure(stage, Stop::Seen(seen)));
            }
            let is_over = stage.operations(stopped) + 1 < before;
            crate::shared::finish(stage, watch)?;
            if is_over {
                break;
            }
        }
    }
    Ok(())
}
