//! Driver of `atomic-counter`: processes that count, in every order that matters, then all at once.
//!
//! Usage: `atomic-counter [PROCESSES [ADDITIONS]]` (default 2, up to 6; all at once, each adds so often, default 20000).
//!
//! How long an addition takes when all add at once goes to standard error, because it is different in every run.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::program::{Program, print_line};
use crate::shared::stage::{Stage, Status, Task};
use crate::shared::{Failure, Shareable, What, crowd, enumerate, place};

/// How often each process adds in a schedule.
const FEW: u64 = 2;

/// How often each process adds in the crowd, by default and at most.
const MANY: u64 = 20_000;
const MOST: u64 = 100_000_000;

/// The student's counter: make one; add one; add one unless it has reached the limit, and say whether; read it.
struct Functions<C> {
    new: fn() -> C,
    add_one: fn(&C),
    add_one_up_to: fn(&C, u64) -> bool,
    value: fn(&C) -> u64,
}

impl<C> Clone for Functions<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Functions<C> {}

/// What the driver notes beside the counter. No operation on it can be put in order by a schedule.
struct Board {
    limit: AtomicU64,
    allowed: AtomicU64,
}

// SAFETY: it consists of atomics.
unsafe impl Shareable for Board {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

/// Runs the exercise with the student's functions.
#[must_use]
pub fn drive<C: Shareable>(
    new: fn() -> C,
    add_one: fn(&C),
    add_one_up_to: fn(&C, u64) -> bool,
    value: fn(&C) -> u64,
) -> ExitCode {
    let program = Program::begin();
    let Some((processes, many)) = arguments() else {
        eprintln!(
            "usage: atomic-counter [PROCESSES [ADDITIONS]]: 1 to 6 processes, up to {MOST} additions"
        );
        return ExitCode::from(2);
    };
    let it = Functions {
        new,
        add_one,
        add_one_up_to,
        value,
    };
    print_line(&format!("processes: {processes}"));
    for play in [additions::<C>, limited_additions] {
        match play(it, processes) {
            Ok(line) => print_line(&line),
            Err(failure) => {
                return failure.tell(|_| "a process sleeps, though none has to wait".to_owned());
            }
        }
    }
    program.end("the driver", all_at_once(it, processes, many), |line| {
        print_line(&line)
    })
}

fn arguments() -> Option<(u64, u64)> {
    let mut words = std::env::args().skip(1);
    let processes = words.next().map_or(Some(2), |word| word.parse().ok())?;
    let many = words.next().map_or(Some(MANY), |word| word.parse().ok())?;
    let is_possible = (1..=6).contains(&processes) && (1..=MOST).contains(&many);
    (words.next().is_none() && is_possible).then_some((processes, many))
}

fn tasks(processes: u64, task: impl Fn() + Copy + 'static) -> Vec<Task> {
    (0..processes).map(|_| Box::new(task) as Task).collect()
}

fn is_over(stage: &Stage) -> bool {
    (0..stage.len()).all(|actor| stage.status(actor) == Status::Finished)
}

/// No addition may get lost.
fn additions<C: Shareable>(it: Functions<C>, processes: u64) -> Result<String, Failure> {
    let counter = place((it.new)()).map_err(refused)?;
    let tasks = tasks(processes, move || {
        (0..FEW).for_each(|_| (it.add_one)(counter))
    });
    // A play begins where the one before has ended.
    let before = AtomicU64::new((it.value)(counter));
    play(counter, tasks, &|stage| {
        if !is_over(stage) {
            return None;
        }
        let grown = (it.value)(counter).wrapping_sub(before.load(Ordering::Relaxed));
        before.fetch_add(grown, Ordering::Relaxed);
        let all = processes * FEW;
        (grown != all)
            .then(|| format!("lost update: the counter has grown by {grown} after {all} additions"))
    })?;
    Ok("in every schedule: no addition is lost".to_owned())
}

/// As many as the limit leaves room for, and at no moment more.
fn limited_additions<C: Shareable>(it: Functions<C>, processes: u64) -> Result<String, Failure> {
    let counter = place((it.new)()).map_err(refused)?;
    let board = place(Board {
        limit: AtomicU64::new(0),
        allowed: AtomicU64::new(0),
    })
    .map_err(refused)?;
    let limit = || board.limit.load(Ordering::Relaxed);
    // Room for all but one, so that one is refused.
    let room = (processes * FEW).saturating_sub(1).max(1);
    let begin = |value: u64| {
        board.limit.store(value + room, Ordering::Relaxed);
        board.allowed.store(0, Ordering::Relaxed);
    };
    begin((it.value)(counter));
    let tasks = tasks(processes, move || {
        for _ in 0..FEW {
            let limit = board.limit.load(Ordering::Relaxed);
            let is_allowed = (it.add_one_up_to)(counter, limit);
            board
                .allowed
                .fetch_add(is_allowed.into(), Ordering::Relaxed);
        }
    });
    play(counter, tasks, &|stage| {
        let value = (it.value)(counter);
        if value > limit() {
            let above = value - limit();
            return Some(format!("over the limit: the counter is {above} above it"));
        }
        if !is_over(stage) {
            return None;
        }
        let allowed = board.allowed.load(Ordering::Relaxed);
        let left = limit() - value;
        begin(value);
        if allowed > room - left {
            return Some(format!(
                "lost update: {allowed} additions were allowed, and the counter has grown by {}",
                room - left
            ));
        }
        if allowed < room - left {
            return Some(format!(
                "refused: the counter has grown by {}, and {allowed} additions were said to be allowed",
                room - left
            ));
        }
        (left > 0).then(|| format!("refused: {left} below the limit, an addition was refused"))
    })?;
    Ok("in every schedule: the limit is reached, and kept".to_owned())
}

fn play<C: Shareable>(
    counter: &'static C,
    tasks: Vec<Task>,
    watch: &dyn Fn(&Stage) -> Option<String>,
) -> Result<(), Failure> {
    let mut stage = Stage::open(counter, &[], tasks).map_err(refused)?;
    let played = enumerate(&mut stage, watch);
    let closed = stage.close();
    played?;
    closed.map_err(refused)
}

/// What the system refused, before any step was done.
fn refused(error: impl Into<io::Error>) -> Failure {
    Failure {
        what: What::System(error.into()),
        story: Vec::new(),
    }
}

/// As fast as they can: first without a limit, then up to half of what they try.
fn all_at_once<C: Shareable>(it: Functions<C>, processes: u64, many: u64) -> io::Result<String> {
    let all = processes * many;
    let (counter, limited) = (place((it.new)())?, place((it.new)())?);
    let count = move || (0..many).for_each(|_| (it.add_one)(counter));
    let mut well = crowd::timed(&tasks(processes, count), all, "additions")?;
    let count = move || {
        for _ in 0..many {
            (it.add_one_up_to)(limited, all / 2);
        }
    };
    well &= crowd::run(&tasks(processes, count))?;
    let (value, reached) = ((it.value)(counter), (it.value)(limited));
    Ok(if well && value == all && reached == all / 2 {
        format!("all at once: {all} additions, and {reached} up to a limit")
    } else {
        format!(
            "lost update: {all} additions made {value}, and {reached} up to {}",
            all / 2
        )
    })
}
