//! Driver of `bounded-buffer`: producers and consumers, in every order that matters, then all at once.
//!
//! Usage: `bounded-buffer [CAPACITY PRODUCERS CONSUMERS]` (default `1 1 1`).

use std::process::ExitCode;

use crate::ledger::{Ledger, POINTS};
use crate::program::{Program, print_line};
use crate::shared::stage::{Stage, Status, Stop, Task};
use crate::shared::{
    Asleep, Failure, Shareable, Watch, crowd, enumerate, failure, finish, place, run_before, sleep,
};

/// The word on which [`Lock::lock`](crate::shared::monitor::Lock::lock) sleeps, as the stub's declaration names it.
const LOCK: &str = "lock.taken";

/// The largest capacity that is asked for.
pub const MOST: usize = 8;

/// In a play, each producer puts so many items in for each consumer, where there is one of each, and half of them otherwise: plays
/// multiply.
const ITEMS: u32 = 2;
/// The same where all run at once.
const MANY_ITEMS: u32 = 200;

/// Runs the exercise with the student's functions: make a buffer for so many items; put an item in; take one out.
#[must_use]
pub fn drive<B: Shareable>(new: fn(u32) -> B, put: fn(&B, u32), take: fn(&B) -> u32) -> ExitCode {
    let program = Program::begin();
    let Some([capacity, producers, consumers]) = arguments() else {
        eprintln!("usage: bounded-buffer [CAPACITY PRODUCERS CONSUMERS]: at most 8, 4 and 4");
        return ExitCode::from(2);
    };
    // One for the schedules, one for the crowd: its processes are new, too.
    let (Ok(buffer), Ok(other), Ok(ledger)) = (
        place(new(capacity)),
        place(new(capacity)),
        place(Ledger::new(capacity)),
    ) else {
        eprintln!("bounded-buffer: no shared memory");
        return ExitCode::FAILURE;
    };
    print_line(&format!(
        "capacity: {capacity}, producers: {producers}, consumers: {consumers}"
    ));
    let tasks = move |buffer: &'static B, items: u32| {
        // All producers together put in as many as all consumers take out.
        let (puts, takes) = (items * consumers, items * producers);
        let producer = move |number: u32| {
            let first = 1 + number * puts;
            (first..first + puts).for_each(|item| ledger.put(item, |item| put(buffer, item)));
        };
        let consumer = move || (0..takes).for_each(|_| ledger.take(|| take(buffer)));
        let producers =
            (0..producers).map(move |number| Box::new(move || producer(number)) as Task);
        let consumers = (0..consumers).map(move |_| Box::new(consumer) as Task);
        producers.chain(consumers).collect::<Vec<Task>>()
    };
    let items = if producers * consumers > 1 {
        ITEMS / 2
    } else {
        ITEMS
    };
    let mut stage = match Stage::open(buffer, POINTS, tasks(buffer, items)) {
        Ok(stage) => stage,
        Err(error) => return program.end("bounded-buffer", Err::<(), _>(error), |()| {}),
    };
    // A producer, and a consumer.
    stage.led_by([0, stage.len() - 1]);
    stage.before_each_play(Box::new(|| ledger.reset()));
    let watch = |stage: &Stage| {
        let fault = ledger.fault()?;
        // Whoever looks again after a wait goes back to sleep, and nothing is different.
        Some(if stage.has_woken_for_no_reason() {
            format!("not looked at again: after a wake-up for no reason, {fault}")
        } else {
            fault
        })
    };
    let producers = usize::try_from(producers).unwrap_or(usize::MAX);
    let played = enumerate(&mut stage, &watch)
        .and_then(|_| fill(&mut stage, producers, capacity, ledger, &watch));
    let closed = stage.close();
    if let Err(failure) = played {
        return failure.tell(in_words);
    }
    if let Err(error) = closed {
        return program.end("bounded-buffer", Err::<(), _>(error), |()| {});
    }
    print_line("in every schedule: each item came out once, and there was never one too many");
    ledger.reset();
    program.end(
        "bounded-buffer",
        crowd::run(&tasks(other, MANY_ITEMS)),
        |_| {
            let is_right = ledger.is_balanced() && ledger.fault().is_none();
            let state = if is_right {
                "as they should"
            } else {
                "wrongly"
            };
            print_line(&format!("all at once: {} items, {state}", ledger.taken()));
        },
    )
}

/// Nobody takes anything yet: a producer may sleep only when all places are in use.
fn fill(
    stage: &mut Stage,
    producers: usize,
    capacity: u32,
    ledger: &Ledger,
    watch: Watch<'_>,
) -> Result<(), Failure> {
    stage.begin(None);
    for producer in 0..producers {
        run_before(stage, producer, usize::MAX, watch)?;
        let inside = ledger.inside();
        if inside < capacity && matches!(stage.status(producer), Status::Asleep(_)) {
            let seen = format!(
                "capacity ignored: {} with {inside} of {capacity} places in use",
                sleep(&[producer])
            );
            return Err(failure(stage, Stop::Seen(seen)));
        }
    }
    finish(stage, watch)
}

fn in_words(asleep: &Asleep) -> String {
    let who = sleep(&asleep.who);
    if asleep.waits_for.iter().any(|word| word == LOCK) {
        format!("lock not given back: {who}, and somebody waits for the lock")
    } else {
        format!("lost wake-up: {who}, and there is nobody left to wake them")
    }
}

fn arguments() -> Option<[u32; 3]> {
    let words = std::env::args().skip(1);
    let numbers: Vec<u32> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    match numbers.as_slice() {
        [] => Some([1, 1, 1]),
        [capacity @ 1..=8, producers @ 1..=4, consumers @ 1..=4] => {
            Some([*capacity, *producers, *consumers])
        }
        _ => None,
    }
}
