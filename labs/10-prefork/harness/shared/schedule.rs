//! Schedules: every order of the processes that matters, one play after the other.
//!
//! In a play one process has the lead. The others run, each until it sleeps or has finished, before the k-th operation of the lead; then
//! the lead goes on. That is done for each k, with each kind of process in the lead, which comes first or when all others sleep or have finished; once
//! more for each sleep, from which the sleeper is then woken for no reason; and twice more for each place at which the first of the others can
//! stop in the middle.
//! Errors of synchronization need a switch at the wrong moment, and nearly all of them need one or two: so these few plays find at
//! once what millions of random ones miss.
//! Last come plays in which the lead finds somebody in the middle of its work: it falls asleep, is woken, and is then kept from going on while others,
//! who have not slept, run.

use nix::sys::wait::WaitStatus;

use super::operation::Action;
use super::stage::{Stage, Status, Step, Stop};
use super::story::story;

/// A process with more operations than this pauses at the driver's own points only: plays multiply.
const MOST_PAUSES: usize = 12;

/// What the driver looks at after each step: `Some` says what must not be.
pub type Watch<'a> = &'a dyn Fn(&Stage) -> Option<String>;

/// A play that went wrong.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong.
    pub what: What,
    /// What was done until then, a line for each step.
    pub story: Vec<String>,
}

/// What went wrong in a play.
#[derive(Debug)]
pub enum What {
    /// All who have not finished sleep.
    Asleep(Asleep),
    /// This process looks again and again instead of sleeping.
    Spins(usize),
    /// This process has ended in the middle.
    Ended(usize, WaitStatus),
    /// What the driver has seen.
    Seen(String),
    /// The system refused something.
    System(std::io::Error),
}

/// All who have not finished sleep. Who and why.
#[derive(Debug)]
pub struct Asleep {
    /// Those who sleep.
    pub who: Vec<usize>,
    /// Whether all of them finish if somebody wakes them: then nothing was missing but the waking.
    pub only_a_wake_was_missing: bool,
    /// The words on which they sleep, by name.
    pub waits_for: Vec<String>,
    /// Whether a private futex was used.
    pub private: bool,
    /// What had been done.
    pub steps: Vec<Step>,
}

/// One order of the processes.
#[derive(Debug, Clone, Copy)]
struct Plan {
    /// Who has the lead.
    lead: usize,
    /// What the others have done before it begins.
    behind: Behind,
    /// They run before its operation of this number, from 1.
    before: usize,
    /// The first of the others stops before its own operation of this number.
    pause: Option<usize>,
    /// The others stop at the driver's own points, where they are inside, say.
    stops_at_point: bool,
    /// Then the lead does a single operation before that one goes on; otherwise it goes as far as it comes.
    takes_turns: bool,
    /// After the sleep of this number, the sleeper is woken for no reason.
    wake_after_sleep: Option<usize>,
}

/// Which of the others have run before the lead begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Behind {
    Nobody,
    All,
    /// The first of them alone, until it stands before a point of the driver's own for this time.
    First(usize),
}

/// What a play was like.
struct Played {
    /// The lead has fewer operations than were asked for: this was its last play.
    is_last: bool,
    sleeps: usize,
    /// Where the first of the others could pause.
    pauses: Vec<usize>,
}

/// Plays all schedules, and says how many they were.
pub fn enumerate(stage: &mut Stage, watch: Watch<'_>) -> Result<usize, Failure> {
    let mut plays = 0;
    for lead in stage.leads().to_vec() {
        for behind in [Behind::Nobody, Behind::All] {
            for before in 1.. {
                let plan = Plan {
                    lead,
                    behind,
                    before,
                    pause: None,
                    stops_at_point: false,
                    takes_turns: false,
                    wake_after_sleep: None,
                };
                let played = play(stage, plan, watch)?;
                let variations = variations(plan, &played);
                for variation in &variations {
                    play(stage, *variation, watch)?;
                }
                plays += 1 + variations.len();
                if played.is_last {
                    break;
                }
            }
        }
        plays += behind_the_first(stage, lead, watch)?;
    }
    Ok(plays)
}

/// The lead comes when the first of the others is at each of the driver's own points in turn, inside, say, and the rest come in between when the
/// lead is before each of its own operations. That takes three.
fn behind_the_first(stage: &mut Stage, lead: usize, watch: Watch<'_>) -> Result<usize, Failure> {
    let mut plays = 0;
    if stage.len() < 3 {
        return Ok(plays);
    }
    for nth in 1..=MOST_PAUSES {
        for before in 2.. {
            let plan = |stops_at_point| Plan {
                lead,
                behind: Behind::First(nth),
                before,
                pause: None,
                stops_at_point,
                takes_turns: false,
                wake_after_sleep: None,
            };
            play(stage, plan(false), watch)?;
            let played = play(stage, plan(true), watch)?;
            plays += 2;
            if played.is_last {
                break;
            }
        }
        let first = others(stage, lead).next();
        let own = stage.steps().iter().filter(|it| Some(it.actor) == first);
        if own
            .filter(|it| it.operation.action == Action::Point)
            .count()
            <= nth
        {
            break;
        }
    }
    Ok(plays)
}

/// The same with a sleeper that is woken for no reason, and with somebody who stops in the middle.
fn variations(plan: Plan, played: &Played) -> Vec<Plan> {
    let woken = (1..=played.sleeps).map(|sleep| Plan {
        wake_after_sleep: Some(sleep),
        ..plan
    });
    let paused = played.pauses.iter().flat_map(|pause| {
        [false, true].map(|takes_turns| Plan {
            pause: Some(*pause),
            takes_turns,
            ..plan
        })
    });
    woken.chain(paused).collect()
}

/// One play.
fn play(stage: &mut Stage, plan: Plan, watch: Watch<'_>) -> Result<Played, Failure> {
    let Plan { lead, before, .. } = plan;
    stage.begin(plan.wake_after_sleep);
    let mut played = Played {
        is_last: false,
        sleeps: 0,
        pauses: Vec::new(),
    };
    let result = (|| {
        match plan.behind {
            Behind::Nobody => {}
            Behind::All => {
                for other in others(stage, lead) {
                    go_before(stage, other, usize::MAX, watch)?;
                }
            }
            Behind::First(nth) => {
                if let Some(first) = others(stage, lead).next() {
                    go_to_a_point(stage, first, watch)?;
                    for _ in 1..nth {
                        advance(stage, first, 1, watch)?;
                        go_to_a_point(stage, first, watch)?;
                    }
                }
            }
        }
        while stage.operations(lead) + 1 < before && stage.status(lead) != Status::Finished {
            // The lead goes first. Where it sleeps, others have to run to wake it.
            let mut order = std::iter::once(lead).chain(others(stage, lead));
            let next = order.find(|it| stage.is_ready(*it)).ok_or(Stop::Asleep)?;
            let most = if next == lead {
                before - 1 - stage.operations(lead)
            } else {
                usize::MAX
            };
            advance(stage, next, most, watch)?;
        }
        played.is_last = stage.status(lead) == Status::Finished;
        let second = others(stage, lead).next();
        let so_far = stage.steps().len();
        let done = second.map_or(0, |it| stage.operations(it));
        for other in others(stage, lead) {
            if plan.stops_at_point {
                go_to_a_point(stage, other, watch)?;
                continue;
            }
            let last = plan.pause.filter(|_| Some(other) == second);
            go_before(stage, other, last.unwrap_or(usize::MAX), watch)?;
        }
        let meanwhile = stage.steps().get(so_far..).unwrap_or_default();
        played.pauses = pauses(meanwhile, second, done);
        if let Some(second) = second.filter(|_| plan.takes_turns) {
            go_before(stage, lead, stage.operations(lead) + 2, watch)?;
            go_before(stage, second, usize::MAX, watch)?;
        }
        to_the_end(stage, lead, watch)
    })();
    played.sleeps = stage.sleeps();
    match result {
        Ok(()) => Ok(played),
        Err(why) => Err(failure(stage, why)),
    }
}

/// Before which of its operations a process could pause that had done so many before these steps: each, or, where they are very many, those at the driver's own points.
fn pauses(steps: &[Step], actor: Option<usize>, done: usize) -> Vec<usize> {
    let own = steps.iter().filter(|step| Some(step.actor) == actor);
    let actions: Vec<Action> = own.map(|step| step.operation.action).collect();
    let matters = |action: Action| actions.len() <= MOST_PAUSES || action == Action::Point;
    // Before the first of them, it would not run at all.
    let numbered = actions.iter().enumerate().skip(1);
    numbered
        .filter(|(_, action)| matters(**action))
        .map(|(index, _)| done + index + 1)
        .collect()
}

/// Plays on until everybody has finished, for a play that the driver has begun by itself.
pub fn finish(stage: &mut Stage, watch: Watch<'_>) -> Result<(), Failure> {
    to_the_end(stage, 0, watch).map_err(|it| failure(stage, it))
}

/// Lets a process go on until it stands before the driver's own point of this number, sleeps or has finished.
pub fn run_until(
    stage: &mut Stage,
    actor: usize,
    point: u64,
    watch: Watch<'_>,
) -> Result<(), Failure> {
    while stage.is_ready(actor) && !stage.is_at(actor, point) {
        advance(stage, actor, 1, watch).map_err(|it| failure(stage, it))?;
    }
    Ok(())
}

/// Lets a process go on until it is about to do its operation of this number, sleeps or has finished.
pub fn run_before(
    stage: &mut Stage,
    actor: usize,
    operation: usize,
    watch: Watch<'_>,
) -> Result<(), Failure> {
    go_before(stage, actor, operation, watch).map_err(|it| failure(stage, it))
}

fn go_before(
    stage: &mut Stage,
    actor: usize,
    operation: usize,
    watch: Watch<'_>,
) -> Result<(), Stop> {
    while stage.is_ready(actor) && stage.operations(actor) + 1 < operation {
        advance(stage, actor, operation - 1 - stage.operations(actor), watch)?;
    }
    Ok(())
}

fn go_to_a_point(stage: &mut Stage, actor: usize, watch: Watch<'_>) -> Result<(), Stop> {
    while stage.is_ready(actor) && !stage.is_at_a_point(actor) {
        advance(stage, actor, 1, watch)?;
    }
    Ok(())
}

fn others(stage: &Stage, lead: usize) -> impl Iterator<Item = usize> + use<> {
    (0..stage.len()).filter(move |it| *it != lead)
}

/// Lets a process do so many operations at most, and looks.
fn advance(stage: &mut Stage, actor: usize, most: usize, watch: Watch<'_>) -> Result<(), Stop> {
    stage.advance(actor, most)?;
    match watch(stage) {
        Some(seen) => Err(Stop::Seen(seen)),
        None => Ok(()),
    }
}

/// The lead as far as it comes, then the next one as far as that one comes, and the lead again if it can go on now.
fn to_the_end(stage: &mut Stage, lead: usize, watch: Watch<'_>) -> Result<(), Stop> {
    loop {
        let order = std::iter::once(lead).chain(others(stage, lead));
        let Some(next) = order.into_iter().find(|it| stage.is_ready(*it)) else {
            break;
        };
        go_before(stage, next, usize::MAX, watch)?;
    }
    let is_over = |it| matches!(stage.status(it), Status::Finished | Status::Killed);
    if (0..stage.len()).all(is_over) {
        Ok(())
    } else {
        Err(Stop::Asleep)
    }
}

/// The failure that this is, with the story of the play.
pub fn failure(stage: &mut Stage, why: Stop) -> Failure {
    let story = story(stage);
    let what = match why {
        Stop::Asleep => What::Asleep(asleep(stage)),
        Stop::Spins(actor) => What::Spins(actor),
        Stop::Ended(actor, status) => What::Ended(actor, status),
        Stop::Seen(seen) => What::Seen(seen),
        Stop::System(error) => What::System(error),
    };
    Failure { what, story }
}

/// Why everybody sleeps: wakes them all and looks whether that was all they needed.
fn asleep(stage: &mut Stage) -> Asleep {
    let private = stage.used_private();
    let steps = stage.steps().to_vec();
    let sleeps =
        |it: &usize| matches!(stage.status(*it), Status::Asleep(_) | Status::AsleepForEver);
    let who: Vec<usize> = (0..stage.len()).filter(sleeps).collect();
    let word_of = |actor: &usize| {
        let mut own = steps.iter().rev().filter(|step| step.actor == *actor);
        let wait = own.find(|step| step.operation.action == Action::Wait)?;
        Some(stage.name_of(wait.operation.word))
    };
    let waits_for = who.iter().filter_map(word_of).collect();
    Asleep {
        only_a_wake_was_missing: finishes_if_woken(stage, &who),
        who,
        waits_for,
        private,
        steps,
    }
}

/// Whether everybody finishes if sleepers are woken, as often as that gets anybody further.
fn finishes_if_woken(stage: &mut Stage, asleep: &[usize]) -> bool {
    let points = |stage: &Stage| {
        let steps = stage.steps().iter();
        steps
            .filter(|step| step.operation.action == Action::Point)
            .count()
    };
    loop {
        let before = points(stage);
        let woken = asleep.iter().try_for_each(|it| stage.wake(*it));
        match woken.and_then(|()| to_the_end(stage, 0, &|_| None)) {
            Ok(()) => return true,
            Err(Stop::Asleep) if points(stage) > before => {}
            Err(_) => return false,
        }
    }
}

impl Asleep {
    /// Who came to the driver's own point of this number last.
    #[must_use]
    pub fn last_at(&self, point: u64) -> Option<usize> {
        let last = self
            .steps
            .iter()
            .rev()
            .find(|step| step.operation.is_point(point));
        last.map(|step| step.actor)
    }

    /// Whether a process has made a call to wake somebody since it was at the point.
    #[must_use]
    pub fn woke_since(&self, actor: usize, point: u64) -> bool {
        let own = self.steps.iter().rev().filter(|step| step.actor == actor);
        let mut since = own.take_while(|step| !step.operation.is_point(point));
        since.any(|step| step.operation.action == Action::Wake)
    }
}
