//! Driver of `robust-lock`: a process dies, before each of its operations in turn, and the others must go on.
//!
//! Usage: `robust-lock [PROCESSES]` (default 2). The first one is the victim.
//!
//! What the lock protects are two numbers that have to be equal. A holder changes one after the other, and so leaves them different if it dies
//! in between.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use nix::sys::signal::{Signal, raise};

use crate::program::{Program, print_line};
use crate::shared::stage::{Stage, Status, Stop, Task};
use crate::shared::{
    Asleep, Failure, Shareable, Watch, crowd, enumerate, failure, finish, place, point, run_before,
    run_until, sleep,
};

/// How one comes to hold the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The one before has given it back.
    Clean,
    /// The one before has died while it held it: what the lock protects may be damaged.
    HolderDied,
}

/// The first one that dies is always the same.
const VICTIM: usize = 0;
/// How often each process of the crowd goes in, and before which time the victim kills itself.
const ROUNDS: u32 = 100;
const LAST_ROUND: u32 = 20;

const HALFWAY: u64 = 0;
const POINTS: &[&str] = &["is inside, with half of the change made"];

/// What the lock protects, and what the driver notes about it.
struct Account {
    left: AtomicU32,
    right: AtomicU32,
    inside: AtomicU32,
    over_admitted: AtomicU32,
    unnoticed: AtomicU32,
    told: AtomicU32,
    died: AtomicU32,
    visits: AtomicU32,
}

// SAFETY: it consists of atomics.
unsafe impl Shareable for Account {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

impl Account {
    /// Changes both numbers, and repairs them first if it is told that they may be damaged.
    fn change(&self, taken: Taken, halfway: &dyn Fn()) {
        if self.inside.fetch_add(1, SeqCst) != 0 {
            self.over_admitted.store(1, SeqCst);
        }
        if taken == Taken::HolderDied {
            self.told.fetch_add(1, SeqCst);
            self.right.store(self.left.load(SeqCst), SeqCst);
        } else if self.left.load(SeqCst) != self.right.load(SeqCst) {
            self.unnoticed.store(1, SeqCst);
        }
        self.left.fetch_add(1, SeqCst);
        halfway();
        self.right.fetch_add(1, SeqCst);
        self.visits.fetch_add(1, SeqCst);
        self.inside.fetch_sub(1, SeqCst);
    }

    const fn new() -> Self {
        Self {
            left: AtomicU32::new(0),
            right: AtomicU32::new(0),
            inside: AtomicU32::new(0),
            over_admitted: AtomicU32::new(0),
            unnoticed: AtomicU32::new(0),
            told: AtomicU32::new(0),
            died: AtomicU32::new(0),
            visits: AtomicU32::new(0),
        }
    }

    fn reset(&self) {
        let all = [
            &self.left,
            &self.right,
            &self.inside,
            &self.over_admitted,
            &self.unnoticed,
            &self.told,
            &self.died,
            &self.visits,
        ];
        for word in all {
            word.store(0, SeqCst);
        }
    }

    /// What must not be.
    fn fault(&self) -> Option<String> {
        if self.unnoticed.load(SeqCst) != 0 {
            return Some("damage unnoticed: the holder has died in the middle of a change, and the next one was not told".to_owned());
        }
        let (told, died) = (self.told.load(SeqCst), self.died.load(SeqCst));
        if told > died {
            return Some(if died == 0 {
                "told without need: a holder's death was reported, and nobody has died".to_owned()
            } else {
                "told without need: a holder's death was reported again although the next one has repaired the damage".to_owned()
            });
        }
        (self.over_admitted.load(SeqCst) != 0)
            .then(|| "over-admitted: 2 are inside, and at most 1 may be".to_owned())
    }
}

/// Where the victim is when it comes to the operation before which it dies.
#[derive(Debug, Clone, Copy)]
enum Scene {
    /// It comes first, and the others come after its death.
    First,
    /// It comes first, and the others sleep, or are done, when it dies.
    Watched,
    /// Somebody else has held the lock before, and all others wanted it then.
    Queued,
}

/// Runs the exercise with the student's functions: make a lock; take it; give it back.
#[must_use]
pub fn drive<L: Shareable>(new: fn() -> L, lock: fn(&L) -> Taken, unlock: fn(&L)) -> ExitCode {
    let program = Program::begin();
    let processes = std::env::args()
        .nth(1)
        .map_or(Some(2), |word| word.parse().ok());
    let Some(processes @ 2..=16) = processes else {
        eprintln!("usage: robust-lock [PROCESSES]: 2 to 16 processes");
        return ExitCode::from(2);
    };
    // One for the schedules, one for the crowd: its processes are new, too.
    let (Ok(object), Ok(other), Ok(account)) = (place(new()), place(new()), place(Account::new()))
    else {
        eprintln!("robust-lock: no shared memory");
        return ExitCode::FAILURE;
    };
    print_line(&format!("processes: {processes}"));
    let visit = move |object: &L, halfway: &dyn Fn()| {
        account.change(lock(object), halfway);
        unlock(object);
    };
    let gated = move || visit(object, &|| point(HALFWAY, 0));
    let tasks = (0..processes).map(|_| Box::new(gated) as Task).collect();
    let mut stage = match Stage::open(object, POINTS, tasks) {
        Ok(stage) => stage,
        Err(error) => return program.end("robust-lock", Err::<(), _>(error), |()| {}),
    };
    stage.know_processes_by_number();
    // All do the same.
    stage.led_by([0]);
    let watch = |_: &Stage| account.fault();
    let played =
        enumerate(&mut stage, &watch).and_then(|_| kill_everywhere(&mut stage, account, &watch));
    let closed = stage.close();
    if let Err(failure) = played {
        return failure.tell(|asleep| in_words(asleep, account));
    }
    if let Err(error) = closed {
        return program.end("robust-lock", Err::<(), _>(error), |()| {});
    }
    print_line("in every schedule, and wherever the holder dies: the others came through");
    account.reset();
    let rounds = move |last: u32| {
        for _ in 0..last {
            visit(other, &|| {});
        }
    };
    let mut tasks: Vec<Task> = vec![Box::new(move || {
        rounds(LAST_ROUND);
        visit(other, &|| {
            account.inside.fetch_sub(1, SeqCst);
            account.died.store(1, SeqCst);
            // Nothing comes after this.
            let _ = raise(Signal::SIGKILL);
        });
    })];
    tasks.extend((1..processes).map(|_| Box::new(move || rounds(ROUNDS)) as Task));
    // Whoever comes last learns of the death at the latest.
    let last: Vec<Task> = vec![Box::new(move || rounds(1))];
    let visits = crowd::run(&tasks).and_then(|_| {
        let visits = account.visits.load(SeqCst);
        crowd::run(&last).map(|_| visits)
    });
    program.end("robust-lock", visits, |visits| {
        let told = account.told.load(SeqCst);
        let state = if account.fault().is_none() {
            "as they should"
        } else {
            "wrongly"
        };
        print_line(&format!(
            "all at once: {visits} visits, 1 holder killed, {told} told of it, {state}"
        ));
    })
}

/// In every scene, the victim dies before each of its operations in turn.
fn kill_everywhere(stage: &mut Stage, account: &Account, watch: Watch<'_>) -> Result<(), Failure> {
    for scene in [Scene::First, Scene::Watched, Scene::Queued] {
        for before in 1.. {
            account.reset();
            let came_there = kill_before(stage, scene, before, account, watch)?;
            // Once more without a death: whoever is next learns of it now at the latest, and the lock still works.
            stage.begin(None);
            finish(stage, watch)?;
            if !came_there {
                break;
            }
        }
    }
    Ok(())
}

/// One play. Says whether the victim has come to its operation of this number; if not, it dies as far as it has come.
fn kill_before(
    stage: &mut Stage,
    scene: Scene,
    before: usize,
    account: &Account,
    watch: Watch<'_>,
) -> Result<bool, Failure> {
    // The victim is new each time: what a process tells the kernel, it tells it the first time that it comes.
    renew(stage, VICTIM)?;
    stage.begin(None);
    let mut others: Vec<usize> = (VICTIM + 1..stage.len()).collect();
    if matches!(scene, Scene::Queued) {
        // The one who holds the lock goes on when all others want it.
        run_until(stage, others[0], HALFWAY, watch)?;
        others.rotate_left(1);
    }
    run_before(stage, VICTIM, before, watch)?;
    if !matches!(scene, Scene::First) {
        for other in others {
            run_before(stage, other, usize::MAX, watch)?;
        }
        run_before(stage, VICTIM, before, watch)?;
    }
    let came_there = stage.is_ready(VICTIM);
    let has_died = stage.status(VICTIM) != Status::Finished;
    if has_died {
        if stage.is_at(VICTIM, HALFWAY) {
            account.inside.fetch_sub(1, SeqCst);
        }
        account.died.store(1, SeqCst);
        stage.kill(VICTIM).map_err(|it| failure(stage, it))?;
    }
    finish(stage, watch)?;
    if has_died {
        replace(stage, VICTIM)?;
    }
    Ok(came_there)
}

/// Puts a new process in the place of one that has nothing in its hands.
fn renew(stage: &mut Stage, actor: usize) -> Result<(), Failure> {
    stage.kill(actor).map_err(|it| failure(stage, it))?;
    replace(stage, actor)
}

fn replace(stage: &mut Stage, actor: usize) -> Result<(), Failure> {
    let replaced = stage.replace(actor);
    replaced.map_err(|it| failure(stage, Stop::System(it)))
}

fn in_words(asleep: &Asleep, account: &Account) -> String {
    let who = sleep(&asleep.who);
    let has_died = account.died.load(SeqCst) != 0;
    if !asleep.only_a_wake_was_missing {
        return if has_died {
            format!("lock lost: {who}, and the one who held the lock is dead")
        } else {
            format!("still locked: {who} although nobody is inside")
        };
    }
    let last = asleep.last_at(HALFWAY);
    if has_died {
        format!(
            "lost wake-up: {who}, and the kernel did not know that somebody sleeps when the holder died"
        )
    } else if last.is_some_and(|it| asleep.woke_since(it, HALFWAY)) {
        format!("lost wake-up: {who} although the lock is free")
    } else {
        format!("unlock without wake: {who}, and the last one who unlocked woke nobody")
    }
}
