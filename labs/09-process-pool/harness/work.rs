//! The work of a pool: tasks that square a number, and last as long as the driver wants.
//!
//! What a task does beside its work depends on its kind. Whoever waits in one waits for what others have done and not for a time,
//! so that the same happens in every run.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::OnceLock;

use nix::errno::Errno;
use nix::sys::prctl::set_name;
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getpid};

use crate::idle::{Pauses, is_idle, until_idle};
use crate::notes::Notes;

/// The size in bytes of an answer in a pipe or socket.
pub const ANSWER_SIZE: usize = 16;

/// The most workers, and the most tasks.
pub(crate) const MOST: [usize; 2] = [16, 200];

static NOTES: Notes = Notes::new();

/// What is to be done, and by whom not.
static PLAN: OnceLock<Plan> = OnceLock::new();

#[derive(Debug)]
struct Plan {
    main: Pid,
    workers: usize,
    tasks: Vec<Task>,
}

/// One piece of work: to square a number.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Task {
    index: usize,
    number: u32,
    kind: Kind,
}

/// What happens in a task beside its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing.
    Short,
    /// It does not end before all tasks that are not long have been done, by whoever is free.
    Long,
    /// Who does it first is killed in the middle.
    Dies,
    /// Who does it first is killed when its answer has been sent and the main process has not yet looked.
    DiesAfter,
}

const KINDS: [(&str, Kind); 3] = [
    ("long", Kind::Long),
    ("dies", Kind::Dies),
    ("dies-after", Kind::DiesAfter),
];

impl FromStr for Task {
    type Err = ();

    /// A number, or a number and a kind: `7`, `7:long`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (number, kind) = match text.split_once(':') {
            None => (text, Kind::Short),
            Some((number, word)) => {
                let found = KINDS.into_iter().find(|(name, _)| *name == word);
                (number, found.ok_or(())?.1)
            }
        };
        Ok(Self {
            index: 0,
            number: number.parse().map_err(|_| ())?,
            kind,
        })
    }
}

// A `todo!` that prints it is to name the work, not what belongs to the driver.
impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({} squared)", self.number)
    }
}

impl Task {
    /// Its place among the tasks, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Does the task, in the calling process, which must be a worker.
    #[must_use]
    pub fn perform(&self) -> Answer {
        note(Deed::Began(self.index));
        if let Some(plan) = PLAN.get().filter(|plan| plan.main != getpid()) {
            // What ps(1) and top(1) show of this worker. A name has at most 15 bytes, and this one has no zero in it.
            if let Ok(name) = std::ffi::CString::new(format!("task {}", self.index + 1)) {
                let _ = set_name(&name);
            }
            self.take_its_time(plan);
        }
        note(Deed::Done(self.index));
        Answer {
            index: self.index,
            worker: getpid(),
            value: u64::from(self.number).pow(2),
        }
    }

    fn take_its_time(&self, plan: &Plan) {
        let begun = all().filter(|(_, deed)| *deed == Deed::Began(self.index));
        let is_first = begun.count() == 1;
        match self.kind {
            Kind::Long => NOTES.wait_until(|_| {
                let mut others = plan.tasks.iter().filter(|it| it.kind != Kind::Long);
                others.all(|it| was_done(it.index))
            }),
            Kind::Dies if is_first => {
                let _ = raise(Signal::SIGKILL);
            }
            Kind::DiesAfter if is_first && plan.workers > 1 => self.wait_for_entry(plan),
            // So that the main process enters an answer while that worker is in its task.
            Kind::Short if is_first && plan.workers > 1 => {
                let next = plan.tasks.get(self.index + 1);
                if let Some(next) = next.filter(|it| it.kind == Kind::DiesAfter) {
                    NOTES.wait_until(|_| all().any(|(_, deed)| deed == Deed::Began(next.index)));
                }
            }
            Kind::Short | Kind::Dies | Kind::DiesAfter => {}
        }
    }

    /// Waits until the main process enters an answer into its book, and will not look at this worker for a while. A main process that
    /// enters nothing before it has all answers is not waited for.
    fn wait_for_entry(&self, plan: &Plan) {
        let me = getpid();
        NOTES.wait_until(|_| {
            all().any(|(pid, deed)| pid != me && matches!(deed, Deed::Done(_)))
                || all().any(|(_, deed)| deed == Deed::Entering)
        });
        let mut pauses = Pauses::begin();
        while !all().any(|(_, deed)| deed == Deed::Entering) {
            // The others first: whoever sleeps again has sent its answer, and woken the main process by that.
            let others = all().map(|(pid, _)| pid).filter(|pid| *pid != me);
            let is_over = others.collect::<Vec<_>>().into_iter().all(is_idle)
                && is_idle(plan.main)
                && !all().any(|(_, deed)| deed == Deed::Entering);
            if is_over {
                return;
            }
            pauses.pause();
        }
    }
}

/// What came of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    index: usize,
    worker: Pid,
    value: u64,
}

impl Answer {
    /// The place of its task among the tasks, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn value(&self) -> u64 {
        self.value
    }

    /// What travels through a pipe or socket, or lies in shared memory.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; ANSWER_SIZE] {
        let mut bytes = [0; ANSWER_SIZE];
        bytes[..4].copy_from_slice(&(self.index as u32).to_ne_bytes());
        bytes[4..8].copy_from_slice(&self.worker.as_raw().to_ne_bytes());
        bytes[8..].copy_from_slice(&self.value.to_ne_bytes());
        bytes
    }

    /// Reads an answer from its bytes.
    ///
    /// # Errors
    ///
    /// `InvalidData` if these are not the bytes of an answer to a task.
    pub fn from_bytes(bytes: [u8; ANSWER_SIZE]) -> io::Result<Self> {
        let [a, b, c, d, e, f, g, h, value @ ..] = bytes;
        let index = u32::from_ne_bytes([a, b, c, d]) as usize;
        let worker = i32::from_ne_bytes([e, f, g, h]);
        let tasks = PLAN.get().map_or(0, |plan| plan.tasks.len());
        if index >= tasks || worker <= 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Self {
            index,
            worker: Pid::from_raw(worker),
            value: u64::from_ne_bytes(value),
        })
    }

    /// Whether its worker has done its task, and is not the main process.
    pub(crate) fn is_earned(&self) -> bool {
        let deed = Deed::Done(self.index);
        self.worker != main() && all().any(|it| it == (self.worker, deed))
    }
}

/// What is noted, with the process that did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    /// A task was begun.
    Began(usize),
    /// A task was done.
    Done(usize),
    /// The main process enters an answer, and waits for a worker that is to be killed.
    Entering,
}

const DONE: u64 = 1 << 62;
const ENTERING: u64 = 1 << 63;

fn note(deed: Deed) {
    NOTES.add(match deed {
        Deed::Began(task) => task as u64,
        Deed::Done(task) => DONE | task as u64,
        Deed::Entering => ENTERING,
    });
}

/// All notes, the oldest first.
pub(crate) fn all() -> impl Iterator<Item = (Pid, Deed)> {
    let deed = |code: u64| match code & (DONE | ENTERING) {
        0 => Deed::Began(code as usize),
        DONE => Deed::Done((code & !DONE) as usize),
        _ => Deed::Entering,
    };
    let notes = NOTES.all().into_iter();
    notes.map(move |note| (note.pid, deed(note.deed)))
}

fn was_done(task: usize) -> bool {
    all().any(|(_, deed)| deed == Deed::Done(task))
}

pub(crate) fn main() -> Pid {
    PLAN.get().map_or_else(getpid, |plan| plan.main)
}

/// Whether the main process did tasks itself.
pub(crate) fn was_done_by_main() -> bool {
    all().any(|(pid, deed)| pid == main() && matches!(deed, Deed::Began(_)))
}

/// Whether somebody began a task and was killed in it.
pub(crate) fn has_killed() -> bool {
    let tasks = PLAN.get().into_iter().flat_map(|plan| &plan.tasks);
    let mut deadly = tasks.filter(|task| task.kind == Kind::Dies);
    deadly.any(|task| all().any(|(_, deed)| deed == Deed::Began(task.index)))
}

/// The number of workers and the tasks that the arguments name; the calling process is the main one. `None` where they make no sense.
pub(crate) fn plan(arguments: &[String], kinds: &[Kind]) -> Option<(usize, &'static [Task])> {
    let (workers, tasks) = arguments.split_first()?;
    let workers: usize = workers.parse().ok()?;
    let mut tasks: Vec<Task> = tasks
        .iter()
        .map(|text| text.parse().ok())
        .collect::<Option<_>>()?;
    for (index, task) in tasks.iter_mut().enumerate() {
        task.index = index;
    }
    let is_known = |task: &Task| task.kind == Kind::Short || kinds.contains(&task.kind);
    // While all workers are in long tasks, nobody could do the others.
    let long = tasks.iter().filter(|task| task.kind == Kind::Long).count();
    let fits = (1..=MOST[0]).contains(&workers) && tasks.len() <= MOST[1] && long < workers;
    if !fits || !tasks.iter().all(is_known) {
        return None;
    }
    let plan = PLAN.get_or_init(|| Plan {
        main: getpid(),
        workers,
        tasks,
    });
    Some((plan.workers, &plan.tasks))
}

/// To be called before the first fork.
pub(crate) fn begin() -> io::Result<()> {
    NOTES.begin()
}

/// Called in the main process while it enters an answer: where a worker is to be killed that has sent an answer, it is killed now,
/// and the main process finds both when it looks again, the answer and the end.
pub(crate) fn kill_who_is_to_die() {
    let Some(plan) = PLAN.get() else { return };
    let to_die = plan
        .tasks
        .iter()
        .filter(|task| task.kind == Kind::DiesAfter);
    for task in to_die {
        let begun: Vec<Pid> = all()
            .filter(|(_, deed)| *deed == Deed::Began(task.index))
            .map(|(pid, _)| pid)
            .collect();
        let [worker] = begun[..] else { continue };
        if was_done(task.index) {
            continue;
        }
        note(Deed::Entering);
        NOTES.wait_until(|_| was_done(task.index));
        // It sends its answer now, and sleeps when it has.
        until_idle(worker);
        let _ = kill(worker, Signal::SIGKILL);
        wait_for_end(worker);
    }
}

/// Waits until a child of the calling process has ended, and leaves it to be reaped.
fn wait_for_end(child: Pid) {
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    while waitid(Id::Pid(child), look) == Err(Errno::EINTR) {}
}
