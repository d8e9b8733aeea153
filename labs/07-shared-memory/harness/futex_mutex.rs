//! Driver of `futex-mutex`: processes go through a section one by one, in every order that matters, then all at once.
//!
//! Usage: `futex-mutex [PROCESSES [ROUNDS]]` (default 2; all at once, each goes in ROUNDS times, default 200).

use std::process::ExitCode;

use crate::admission::{Admission, ROUNDS};
use crate::program::{Program, print_line};
use crate::section::INSIDE;
use crate::shared::{Shareable, sleep};

/// Runs the exercise with the student's functions: make a mutex; lock it; unlock it.
#[must_use]
pub fn drive<M: Shareable>(new: fn() -> M, lock: fn(&M), unlock: fn(&M)) -> ExitCode {
    let program = Program::begin();
    let number = |nth: usize, default: u32| {
        let word = std::env::args().nth(nth);
        word.map_or(Some(default), |word| word.parse().ok())
    };
    let (Some(processes @ 1..=16), Some(rounds @ 1..=10_000_000)) =
        (number(1, 2), number(2, ROUNDS))
    else {
        eprintln!(
            "usage: futex-mutex [PROCESSES [ROUNDS]]: 1 to 16 processes, 1 to 10000000 rounds"
        );
        return ExitCode::from(2);
    };
    let admission = Admission {
        exercise: "futex-mutex",
        new: Box::new(new),
        permits: 1,
        processes,
        rounds,
        enter: lock,
        leave: unlock,
    };
    print_line(&format!("processes: {processes}"));
    admission.play(&program, |asleep| {
        let who = sleep(&asleep.who);
        if !asleep.only_a_wake_was_missing {
            format!("still locked: {who} although nobody is inside")
        } else if asleep
            .last_at(INSIDE)
            .is_some_and(|it| asleep.woke_since(it, INSIDE))
        {
            format!("lost wake-up: {who} although the mutex is unlocked")
        } else {
            format!("unlock without wake: {who}, and the last one who unlocked woke nobody")
        }
    })
}
