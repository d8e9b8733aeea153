//! The load: tasks that compute or wait, and a pool that is given. It notes what the kernel says of its processes.

use std::io;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::sys::wait::waitpid;
use nix::time::{ClockId, clock_gettime};
use nix::unistd::{ForkResult, fork};
use rustix::thread::futex::{self, Flags};

use crate::shared::{Shareable, share};

/// How long a task computes (so much CPU time it uses, however long that takes) or waits.
const TASK: Duration = Duration::from_millis(5);

/// What tasks do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// They compute.
    Computes,
    /// They wait, as for a disk or a network.
    Waits,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Computes => "CPU-bound",
            Self::Waits => "I/O-bound",
        }
    }
}

/// What the workers share.
struct Board {
    next: AtomicUsize,
    done: AtomicUsize,
    /// How many workers have come to their first task.
    here: AtomicU32,
    /// Nanoseconds of CLOCK_MONOTONIC.
    first_began: AtomicU64,
    last_ended: AtomicU64,
    /// Nanoseconds of CPU time, of all workers.
    cpu: AtomicU64,
}

// SAFETY: it consists of atomics, for which zeros are valid.
unsafe impl Shareable for Board {}

/// Tasks, and a pool that does them.
pub struct Load {
    kind: Kind,
    tasks: usize,
    board: &'static Board,
}

// A `todo!` that prints it is to name the tasks, not what belongs to the driver.
impl std::fmt::Debug for Load {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Load of {} {} tasks", self.tasks, self.kind.name())
    }
}

/// Time that has passed, or a point in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Truth {
    pub(super) wall: Duration,
    /// Of processes that were children of the program and have been reaped.
    pub(super) cpu: Duration,
}

impl Truth {
    pub(super) fn now() -> Self {
        let time = |time: TimeVal| {
            let seconds = Duration::from_secs(time.tv_sec().unsigned_abs());
            seconds + Duration::from_micros(time.tv_usec().unsigned_abs())
        };
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN);
        Self {
            wall: clock(ClockId::CLOCK_MONOTONIC),
            cpu: usage.map_or(Duration::ZERO, |it| {
                time(it.user_time()) + time(it.system_time())
            }),
        }
    }

    pub(super) fn until_now(self) -> Self {
        let now = Self::now();
        Self {
            wall: now.wall.saturating_sub(self.wall),
            cpu: now.cpu.saturating_sub(self.cpu),
        }
    }
}

/// What was done.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) tasks: usize,
    pub(super) workers: usize,
    /// Between the beginning of the first task and the end of the last one.
    pub(super) truth: Truth,
}

impl Load {
    pub(super) fn new(kind: Kind, tasks: usize) -> io::Result<Self> {
        let board = share::<Board>()?;
        board.first_began.store(u64::MAX, Ordering::Relaxed);
        Ok(Self { kind, tasks, board })
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// How many tasks there are.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.tasks
    }

    pub(super) fn done(&self) -> Done {
        let number = |it: &AtomicU64| Duration::from_nanos(it.load(Ordering::Acquire));
        let board = self.board;
        Done {
            tasks: board.done.load(Ordering::Acquire),
            workers: board.here.load(Ordering::Acquire) as usize,
            truth: Truth {
                wall: number(&board.last_ended).saturating_sub(number(&board.first_began)),
                cpu: number(&board.cpu),
            },
        }
    }

    /// Has all tasks done by so many workers, which are made for it, and reaps these.
    ///
    /// # Errors
    ///
    /// If a worker cannot be made.
    pub fn run(&self, workers: usize) -> io::Result<()> {
        let mut children = Vec::new();
        let mut result = Ok(());
        for _ in 0..workers {
            // SAFETY: the program has one thread, so the child may run ordinary code.
            match unsafe { fork() } {
                Ok(ForkResult::Child) => {
                    self.work(workers);
                    // SAFETY: `_exit` does not return, and leaves the parent's buffers alone.
                    unsafe { libc::_exit(0) }
                }
                Ok(ForkResult::Parent { child }) => children.push(child),
                Err(errno) => {
                    // Those that are there do not wait for the others.
                    self.say_here(workers);
                    result = Err(errno.into());
                    break;
                }
            }
        }
        for child in children {
            while waitpid(child, None) == Err(Errno::EINTR) {}
        }
        result
    }

    fn work(&self, workers: usize) {
        let board = self.board;
        // Nobody begins before all are here, so each of them gets a task.
        self.say_here(1);
        loop {
            let here = board.here.load(Ordering::Acquire);
            if here as usize >= workers {
                break;
            }
            let _ = futex::wait(&board.here, Flags::empty(), here, None);
        }
        board
            .first_began
            .fetch_min(nanoseconds(ClockId::CLOCK_MONOTONIC), Ordering::AcqRel);
        while board.next.fetch_add(1, Ordering::Relaxed) < self.tasks {
            match self.kind {
                Kind::Computes => {
                    let begun = clock(ClockId::CLOCK_PROCESS_CPUTIME_ID);
                    while clock(ClockId::CLOCK_PROCESS_CPUTIME_ID) < begun + TASK {}
                }
                // Time passes on purpose: this stands for a disk or a network.
                Kind::Waits => std::thread::sleep(TASK),
            }
            board.done.fetch_add(1, Ordering::Relaxed);
            board
                .last_ended
                .fetch_max(nanoseconds(ClockId::CLOCK_MONOTONIC), Ordering::AcqRel);
        }
        board.cpu.fetch_add(
            nanoseconds(ClockId::CLOCK_PROCESS_CPUTIME_ID),
            Ordering::AcqRel,
        );
    }

    fn say_here(&self, count: usize) {
        self.board.here.fetch_add(count as u32, Ordering::AcqRel);
        // Nobody to wake is no failure.
        let _ = futex::wake(&self.board.here, Flags::empty(), u32::MAX >> 1);
    }
}

fn clock(clock: ClockId) -> Duration {
    clock_gettime(clock).map_or(Duration::ZERO, Duration::from)
}

fn nanoseconds(id: ClockId) -> u64 {
    u64::try_from(clock(id).as_nanos()).unwrap_or(u64::MAX)
}
