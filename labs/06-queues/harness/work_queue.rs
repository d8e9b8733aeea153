//! Driver of `work-queue`: several producers make items, several consumers process them, each item once.
//!
//! Usage: `work-queue [PRODUCERS [CONSUMERS [MOST [SEED]]]]` (default `2 3 3 1`): each producer has up to MOST items, and which is
//! drawn from SEED.
//!
//! With five processes or fewer, the given functions see to it that what happens rarely happens every time: no producer begins
//! before all who wait for items do wait, and no consumer goes on from its first item before all producers have ended or wait
//! for room.

mod given;

use std::process::ExitCode;

use nix::unistd::getpid;

use crate::program::{Program, print_line};
use crate::queue::{Name, UNAVAILABLE, refusal};
use given::{Deed, END, drawn, seen};
pub use given::{Item, Outcome, Plan, QUEUE_CAPACITY, RECORD_SIZE};

/// What the student writes: start producers and consumers, and return all outcomes, in any order.
pub type RunQueue = fn(plan: &Plan) -> std::io::Result<Vec<Outcome>>;

/// Runs the exercise.
#[must_use]
pub fn drive(run_queue: RunQueue) -> ExitCode {
    let program = Program::begin();
    let numbers = std::env::args().skip(1).map(|word| word.parse().ok());
    let Some([producers, consumers, most, seed]) = numbers
        .collect::<Option<Vec<u64>>>()
        .and_then(|numbers| complete(&numbers))
    else {
        eprintln!(
            "usage: work-queue [PRODUCERS [CONSUMERS [MOST [SEED]]]]: at most 8 producers, 8 consumers, 50 items each"
        );
        return ExitCode::from(2);
    };
    let queue = |what: &str| Name::new(what, QUEUE_CAPACITY, RECORD_SIZE as i64);
    let (items, outcomes) = match (queue("work-queue-items"), queue("work-queue-outcomes")) {
        (Ok(items), Ok(outcomes)) => (items, outcomes),
        (Err(error), _) | (_, Err(error)) => {
            eprintln!("work-queue: {}", refusal(error));
            return ExitCode::from(UNAVAILABLE);
        }
    };
    let plan = Plan {
        producers: producers as usize,
        consumers: consumers as usize,
        item_queue: items.as_str().to_owned(),
        outcome_queue: outcomes.as_str().to_owned(),
        main: getpid(),
        most,
        seed,
    };
    if let Err(error) = given::begin(&plan) {
        eprintln!("work-queue: no shared memory: {error}");
        return ExitCode::FAILURE;
    }
    let result = run_queue(&plan);
    program.only_the_parent_returns_from("run_queue");
    for name in [&items, &outcomes] {
        if name.remove() == Ok(true) {
            print_line("left behind: a message queue still had its name");
        }
    }
    program.end("run_queue", result, |outcomes| print(&plan, &outcomes))
}

/// The numbers that are given, and the others by default.
fn complete(numbers: &[u64]) -> Option<[u64; 4]> {
    let mut all = [2, 3, 3, 1];
    all.get_mut(..numbers.len())?.copy_from_slice(numbers);
    let [producers, consumers, most, _] = all;
    let is_right = (1..=8).contains(&producers) && (1..=8).contains(&consumers);
    (is_right && (1..=50).contains(&most)).then_some(all)
}

fn print(plan: &Plan, outcomes: &[Outcome]) {
    let mut outcomes = outcomes.to_vec();
    outcomes.sort_by_key(|it| (it.item.producer, it.item.index));
    for Outcome { item, value } in &outcomes {
        let Item {
            producer,
            index,
            number,
        } = item;
        print_line(&format!(
            "producer {producer}, item {index}: {number} squared is {value}"
        ));
    }
    let all: Vec<Item> = (0..plan.producers)
        .flat_map(|producer| drawn(plan, producer))
        .collect();
    for fault in faults(&all, outcomes.len()) {
        print_line(fault);
    }
    print_line(&format!("{} items in all", all.len()));
}

/// What the notes tell of mistakes.
fn faults(all: &[Item], collected: usize) -> Vec<&'static str> {
    let seen = seen();
    let times = |item: &Item| {
        let processed = Deed::Processed(item.key());
        seen.iter().filter(|(_, deed)| *deed == processed).count()
    };
    let is_end = |deed: &Deed| *deed == Deed::Made(END.key());
    let is_item = |deed: &Deed| matches!(deed, Deed::Made(_)) && !is_end(deed);
    let mut faults = Vec::new();
    let lost: Vec<&Item> = all.iter().filter(|item| times(item) == 0).collect();
    if !lost.is_empty() {
        let last_end = seen.iter().rposition(|(_, deed)| is_end(deed));
        let was_made = |item: &&Item| {
            let made = Deed::Made(item.key());
            seen.iter().rposition(|(_, deed)| *deed == made)
        };
        let came_later = |item: &&Item| last_end.is_some() && was_made(item) > last_end;
        faults.push(if lost.iter().any(came_later) {
            "too early: items that were made after the last sentinel were never processed"
        } else {
            "lost: some items were never processed"
        });
    } else if all.iter().any(|item| times(item) > 1) {
        faults.push("twice: some items were processed more than once");
    } else if collected < all.len() {
        faults.push("lost: every item was processed, but not every outcome was collected");
    }
    let is_work = |deed: &Deed| matches!(deed, Deed::Processed(_)) || is_item(deed);
    let is_own = |(pid, deed): &(_, Deed)| *pid == getpid() && is_work(deed);
    if seen.iter().any(is_own) {
        faults.push("made up: the main process made or processed items itself");
    }
    faults
}
