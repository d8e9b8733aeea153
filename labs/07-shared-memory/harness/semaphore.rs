//! Driver of `semaphore`: more processes than permits, in every order that matters, then all at once.
//!
//! Usage: `semaphore [PERMITS PROCESSES]` (default `1 2`).

use std::process::ExitCode;

use crate::program::{Program, print_line};
use crate::section::{INSIDE, POINTS, Section};
use crate::shared::stage::{Stage, Stop, Task};
use crate::shared::{
    Failure, Shareable, crowd, enumerate, failure, finish, place, run_until, sleep,
};

/// How often each process of the crowd goes in.
const ROUNDS: u32 = 200;

/// Runs the exercise with the student's functions: make a semaphore with so many permits; take one; give one back.
#[must_use]
pub fn drive<S: Shareable>(new: fn(u32) -> S, acquire: fn(&S), release: fn(&S)) -> ExitCode {
    let program = Program::begin();
    let Some((permits, processes)) = arguments() else {
        eprintln!("usage: semaphore [PERMITS PROCESSES]: 1 to 8 permits, 1 to 16 processes");
        return ExitCode::from(2);
    };
    let (Ok(semaphore), Ok(section)) = (place(new(permits)), place(Section::new())) else {
        eprintln!("semaphore: no shared memory");
        return ExitCode::FAILURE;
    };
    print_line(&format!("permits: {permits}, processes: {processes}"));
    let visit = move || {
        acquire(semaphore);
        section.visit();
        release(semaphore);
    };
    let tasks = (0..processes).map(|_| Box::new(visit) as Task).collect();
    let mut stage = match Stage::open(semaphore, POINTS, tasks) {
        Ok(stage) => stage,
        Err(error) => return program.end("semaphore", Err::<(), _>(error), |()| {}),
    };
    let watch = |_: &Stage| {
        let inside = section.most();
        (inside > permits).then(|| {
            format!("over-admitted: {inside} are inside, and there are permits for {permits}")
        })
    };
    let played = enumerate(&mut stage, &watch).and_then(|plays| {
        eprintln!("{plays} schedules");
        together(&mut stage, permits, &watch)
    });
    let closed = stage.close();
    if let Err(failure) = played {
        return failure.tell(|asleep| {
            if asleep.only_a_wake_was_missing {
                format!(
                    "lost wake-up: {} although there is a permit",
                    sleep(&asleep.who)
                )
            } else {
                format!(
                    "permit lost: {} although fewer than {permits} are inside",
                    sleep(&asleep.who)
                )
            }
        });
    }
    if let Err(error) = closed {
        return program.end("semaphore", Err::<(), _>(error), |()| {});
    }
    print_line("in every schedule: all came through");
    section.forget();
    let tasks: Vec<Task> = (0..processes)
        .map(|_| {
            Box::new(move || {
                for _ in 0..ROUNDS {
                    visit();
                }
            }) as Task
        })
        .collect();
    program.end("semaphore", crowd::run(&tasks), |well| {
        let enough = section.most() <= permits;
        let state = if well && enough {
            "as they should"
        } else {
            "wrongly"
        };
        print_line(&format!(
            "all at once: {} visits, {state}",
            section.entries()
        ));
    })
}

/// As many as there are permits must be inside together: that shows whether one was lost on the way.
fn together(
    stage: &mut Stage,
    permits: u32,
    watch: &dyn Fn(&Stage) -> Option<String>,
) -> Result<(), Failure> {
    stage.begin(None);
    let first = 0..stage
        .len()
        .min(usize::try_from(permits).unwrap_or(usize::MAX));
    for actor in first {
        run_until(stage, actor, INSIDE, watch)?;
        if !stage.is_at(actor, INSIDE) {
            let seen = format!(
                "permit lost: {} although only {actor} of {permits} are inside",
                sleep(&[actor])
            );
            return Err(failure(stage, Stop::Seen(seen)));
        }
    }
    finish(stage, watch)
}

fn arguments() -> Option<(u32, u32)> {
    let numbers: Vec<u32> = std::env::args()
        .skip(1)
        .map(|word| word.parse().ok())
        .collect::<Option<_>>()?;
    match numbers.as_slice() {
        [] => Some((1, 2)),
        [permits @ 1..=8, processes @ 1..=16] => Some((*permits, *processes)),
        _ => None,
    }
}
