//! Driver of `semaphore`: processes go through a section, in every order that matters, then all at once.
//!
//! Usage: `semaphore [PERMITS PROCESSES]` (default `1 2`).

use std::process::ExitCode;

use crate::admission::{Admission, ROUNDS};
use crate::program::{Program, print_line};
use crate::shared::{Shareable, sleep};

/// Runs the exercise with the student's functions: make a semaphore with so many permits; take one; give one back.
#[must_use]
pub fn drive<S: Shareable>(new: fn(u32) -> S, acquire: fn(&S), release: fn(&S)) -> ExitCode {
    let program = Program::begin();
    let Some((permits, processes)) = arguments() else {
        eprintln!("usage: semaphore [PERMITS PROCESSES]: 1 to 8 permits, 1 to 16 processes");
        return ExitCode::from(2);
    };
    let admission = Admission {
        exercise: "semaphore",
        new: Box::new(move || new(permits)),
        permits,
        processes,
        rounds: ROUNDS,
        enter: acquire,
        leave: release,
    };
    print_line(&format!("permits: {permits}, processes: {processes}"));
    admission.play(&program, |asleep| {
        let who = sleep(&asleep.who);
        if asleep.only_a_wake_was_missing {
            format!("lost wake-up: {who} although there is a permit")
        } else {
            format!("permit lost: {who} although fewer than {permits} are inside")
        }
    })
}

fn arguments() -> Option<(u32, u32)> {
    let words = std::env::args().skip(1);
    let numbers: Vec<u32> = words.map(|word| word.parse().ok()).collect::<Option<_>>()?;
    match numbers.as_slice() {
        [] => Some((1, 2)),
        [permits @ 1..=8, processes @ 1..=16] => Some((*permits, *processes)),
        _ => None,
    }
}
