//! Admission: what the drivers of `semaphore` and `futex-mutex` have in common. Processes go into a section and out again, in every
//! order that matters, then all at once.

use std::io;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::program::{Program, print_line};
use crate::section::{INSIDE, POINTS, Section};
use crate::shared::stage::{Stage, Stop, Task};
use crate::shared::{
    Asleep, Failure, Shareable, Watch, crowd, enumerate, failure, finish, place, run_until, sleep,
};

/// How often each process of the crowd goes in, by default.
pub(crate) const ROUNDS: u32 = 200;

/// Who may be inside, and by which functions one gets in and out.
pub(crate) struct Admission<T: 'static> {
    pub(crate) exercise: &'static str,
    pub(crate) new: Box<dyn Fn() -> T>,
    pub(crate) permits: u32,
    pub(crate) processes: u32,
    /// How often each process of the crowd goes in.
    pub(crate) rounds: u32,
    pub(crate) enter: fn(&T),
    pub(crate) leave: fn(&T),
}

impl<T: Shareable> Admission<T> {
    /// Plays everything. `asleep` finds words for a play in which everybody sleeps.
    pub(crate) fn play(
        self,
        program: &Program,
        asleep: impl FnOnce(&Asleep) -> String,
    ) -> ExitCode {
        let Self {
            exercise,
            new,
            permits,
            processes,
            rounds,
            enter,
            leave,
        } = self;
        // One for the schedules, one for the crowd: its processes are new, too.
        let (Ok(object), Ok(other), Ok(section)) =
            (place(new()), place(new()), place(Section::new()))
        else {
            eprintln!("{exercise}: no shared memory");
            return ExitCode::FAILURE;
        };
        let visit = move |object: &T| {
            enter(object);
            section.visit();
            leave(object);
        };
        let once = move || visit(object);
        let tasks = (0..processes).map(|_| Box::new(once) as Task).collect();
        let mut stage = match Stage::open(object, POINTS, tasks) {
            Ok(stage) => stage,
            Err(error) => return program.end(exercise, Err::<(), _>(error), |()| {}),
        };
        // All do the same.
        stage.led_by([0]);
        let watch = |_: &Stage| {
            let inside = section.most();
            (inside > permits).then(|| {
                format!("over-admitted: {inside} are inside, and at most {permits} may be")
            })
        };
        let played =
            enumerate(&mut stage, &watch).and_then(|_| together(&mut stage, permits, &watch));
        let closed = stage.close();
        if let Err(failure) = played {
            return failure.tell(asleep);
        }
        if let Err(error) = closed {
            return program.end(exercise, Err::<(), _>(error), |()| {});
        }
        print_line("in every schedule: all came through");
        section.forget();
        let often = move || (0..rounds).for_each(|_| visit(other));
        let tasks: Vec<Task> = (0..processes).map(|_| Box::new(often) as Task).collect();
        let played = crowd::run(&tasks).and_then(|well| {
            let count = place(Count(AtomicU64::new(0)))?;
            measure(place(new())?, enter, leave, count, processes, rounds)?;
            Ok(well)
        });
        program.end(exercise, played, |well| {
            let is_right = well && section.most() <= permits;
            let state = if is_right {
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
}

/// A number that is read and written in two steps: what a lock is for.
struct Count(AtomicU64);

// SAFETY: it consists of an atomic.
unsafe impl Shareable for Count {
    fn name_at(_offset: usize) -> String {
        String::new()
    }
}

/// All as fast as they can, and inside they add one and nothing else: what a visit costs.
fn measure<T: Shareable>(
    object: &'static T,
    enter: fn(&T),
    leave: fn(&T),
    count: &'static Count,
    processes: u32,
    rounds: u32,
) -> io::Result<bool> {
    let add = move || {
        for _ in 0..rounds {
            enter(object);
            let value = count.0.load(Ordering::Relaxed);
            count.0.store(value + 1, Ordering::Relaxed);
            leave(object);
        }
    };
    let tasks: Vec<Task> = (0..processes).map(|_| Box::new(add) as Task).collect();
    let visits = u64::from(processes) * u64::from(rounds);
    crowd::timed(&tasks, visits, "visits")
}

/// As many as may be inside must be inside together: that shows whether a place was lost on the way.
fn together(stage: &mut Stage, permits: u32, watch: Watch<'_>) -> Result<(), Failure> {
    stage.begin(None);
    let first = 0..stage
        .len()
        .min(usize::try_from(permits).unwrap_or(usize::MAX));
    for actor in first {
        run_until(stage, actor, INSIDE, watch)?;
        if !stage.is_at(actor, INSIDE) {
            let seen = format!(
                "permit lost: {} although {actor} are inside, of {permits} that may be",
                sleep(&[actor])
            );
            return Err(failure(stage, Stop::Seen(seen)));
        }
    }
    finish(stage, watch)
}
