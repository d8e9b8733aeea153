//! Driver of `reusable-barrier`: processes meet again and again, in every order that matters, then all at once.
//!
//! Usage: `reusable-barrier [PROCESSES]` (default 3).

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use crate::program::{Program, print_line};
use crate::shared::stage::{Stage, Status, Task};
use crate::shared::{Action, Asleep, Shareable, crowd, enumerate, place, point, sleep};

/// How often all meet in a play: a second time, with the barrier as the first time has left it.
const ROUNDS: u32 = 2;
/// The same where all run at once.
const MANY_ROUNDS: u32 = 200;
/// Room for the notes on so many rounds.
const MOST_ROUNDS: usize = 256;

const HAS_PASSED: u64 = 0;
const POINTS: &[&str] = &["has passed, round {}"];

/// What the driver notes: who has come, who has passed, who was told that it leads. It only observes.
struct Notes {
    arrivals: AtomicU32,
    /// The number of the first round that somebody has passed too early.
    early: AtomicU32,
    leaders: [AtomicU32; MOST_ROUNDS],
}

// SAFETY: it consists of atomics.
unsafe impl Shareable for Notes {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

impl Notes {
    const fn new() -> Self {
        Self {
            arrivals: AtomicU32::new(0),
            early: AtomicU32::new(0),
            leaders: [const { AtomicU32::new(0) }; MOST_ROUNDS],
        }
    }

    fn reset(&self) {
        for word in [&self.arrivals, &self.early]
            .into_iter()
            .chain(&self.leaders)
        {
            word.store(0, SeqCst);
        }
    }

    /// One process goes through so many rounds, counted from 1.
    fn meet(&self, members: u32, rounds: u32, wait: impl Fn() -> bool) {
        for (round, leaders) in (1..=rounds).zip(&self.leaders) {
            self.arrivals.fetch_add(1, SeqCst);
            let leads = wait();
            if self.arrivals.load(SeqCst) < members * round {
                let _ = self.early.compare_exchange(0, round, SeqCst, SeqCst);
            }
            leaders.fetch_add(leads.into(), SeqCst);
            point(HAS_PASSED, round.into());
        }
    }

    /// What must not be, in a run of so many rounds that is over, or is not.
    fn fault(&self, rounds: u32, is_over: bool) -> Option<String> {
        match self.early.load(SeqCst) {
            0 => {}
            1 => return Some("passed early: somebody has gone on before all had come".to_owned()),
            round => {
                return Some(format!(
                    "not reusable: in round {round}, somebody has gone on before all had come"
                ));
            }
        }
        let mut rounds = (1..=rounds).zip(&self.leaders);
        rounds.find_map(|(round, leaders)| match leaders.load(SeqCst) {
            0 if is_over => Some(format!(
                "no leader: in round {round}, nobody was told that it leads"
            )),
            0 | 1 => None,
            several => Some(format!(
                "two leaders: in round {round}, {several} were told that they lead"
            )),
        })
    }
}

/// Runs the exercise with the student's functions: make a barrier for so many processes; wait at it, and say whether the caller leads.
#[must_use]
pub fn drive<B: Shareable>(new: fn(u32) -> B, wait: fn(&B) -> bool) -> ExitCode {
    let program = Program::begin();
    let processes = std::env::args()
        .nth(1)
        .map_or(Some(3), |word| word.parse().ok());
    let Some(processes @ 1..=8) = processes else {
        eprintln!("usage: reusable-barrier [PROCESSES]: 1 to 8 processes");
        return ExitCode::from(2);
    };
    // One for the schedules, one for the crowd: its processes are new, too, and remember no round.
    let (Ok(barrier), Ok(other), Ok(notes)) = (
        place(new(processes)),
        place(new(processes)),
        place(Notes::new()),
    ) else {
        eprintln!("reusable-barrier: no shared memory");
        return ExitCode::FAILURE;
    };
    print_line(&format!("processes: {processes}"));
    let tasks = |barrier: &'static B, rounds: u32| -> Vec<Task> {
        let task = move || notes.meet(processes, rounds, || wait(barrier));
        (0..processes).map(|_| Box::new(task) as Task).collect()
    };
    let mut stage = match Stage::open(barrier, POINTS, tasks(barrier, ROUNDS)) {
        Ok(stage) => stage,
        Err(error) => return program.end("reusable-barrier", Err::<(), _>(error), |()| {}),
    };
    // All do the same.
    stage.led_by([0]);
    stage.before_each_play(Box::new(|| notes.reset()));
    let watch = |stage: &Stage| {
        let is_over = (0..stage.len()).all(|it| stage.status(it) == Status::Finished);
        notes.fault(ROUNDS, is_over)
    };
    let played = enumerate(&mut stage, &watch);
    let closed = stage.close();
    if let Err(failure) = played {
        return failure.tell(in_words);
    }
    if let Err(error) = closed {
        return program.end("reusable-barrier", Err::<(), _>(error), |()| {});
    }
    print_line(&format!(
        "in every schedule: {ROUNDS} rounds, one leader in each"
    ));
    notes.reset();
    program.end(
        "reusable-barrier",
        crowd::timed(&tasks(other, MANY_ROUNDS), MANY_ROUNDS.into(), "rounds"),
        |well| {
            let is_right = well && notes.fault(MANY_ROUNDS, true).is_none();
            let state = if is_right {
                "as they should"
            } else {
                "wrongly"
            };
            print_line(&format!("all at once: {MANY_ROUNDS} rounds, {state}"));
        },
    )
}

fn in_words(asleep: &Asleep) -> String {
    let who = sleep(&asleep.who);
    let passes = asleep
        .steps
        .iter()
        .filter(|step| step.operation.is_point(HAS_PASSED));
    let round = passes
        .map(|step| step.operation.operands[1])
        .max()
        .unwrap_or(0);
    if !asleep.only_a_wake_was_missing {
        return format!(
            "not reusable: {who} although all have come, after round {round} was passed"
        );
    }
    let mut wakes = asleep
        .steps
        .iter()
        .filter(|step| step.operation.action == Action::Wake);
    // Whoever wakes everybody at the wrong moment has another error than the one who wakes too few.
    if wakes.any(|step| {
        step.result
            .is_some_and(|woken| woken > 0 && woken == step.operation.operands[0])
    }) {
        format!("too few woken: {who} although all have come, and others were woken")
    } else {
        format!("lost wake-up: {who} although all have come")
    }
}
