//! Driver of `futex-mutex`: processes go through a section one by one, in every order that matters, then all at once.
//!
//! Usage: `futex-mutex [PROCESSES]` (default 2).

use std::process::ExitCode;

use crate::admission::Admission;
use crate::program::{Program, print_line};
use crate::section::INSIDE;
use crate::shared::{Shareable, sleep};

/// Runs the exercise with the student's functions: make a mutex; lock it; unlock it.
#[must_use]
pub fn drive<M: Shareable>(new: fn() -> M, lock: fn(&M), unlock: fn(&M)) -> ExitCode {
    let program = Program::begin();
    let processes = std::env::args()
        .nth(1)
        .map_or(Some(2), |word| word.parse().ok());
    let Some(processes @ 1..=16) = processes else {
        eprintln!("usage: futex-mutex [PROCESSES]: 1 to 16 processes");
        return ExitCode::from(2);
    };
    let admission = Admission {
        exercise: "futex-mutex",
        new: Box::new(new),
        permits: 1,
        processes,
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
