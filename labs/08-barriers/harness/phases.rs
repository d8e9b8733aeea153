//! Driver of `phases`: heat that spreads along a rod, and the same computed by one process alone.
//!
//! Usage: `phases [WORKERS [STEPS [CELLS]]]` (default 3 workers, 4 steps, 12 cells; up to 8 workers, 50 steps, 64 cells).

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicUsize, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous};
use nix::unistd::getpid;

use crate::barrier::{Barrier, MOST};
use crate::program::{Program, print_line};

const MOST_STEPS: usize = 50;
const MOST_CELLS: usize = 64;

/// A rod whose ends are kept at their heat. It lies in memory that all processes share.
#[derive(Debug)]
pub struct Rod {
    cells: &'static [Cell; MOST_CELLS],
    length: usize,
    workers: usize,
    steps: usize,
}

#[derive(Debug)]
struct Cell {
    heat: AtomicI64,
    /// Who has set it last.
    writer: AtomicI32,
}

impl Rod {
    /// How many workers there are to be, each in a process of its own.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// How many steps of time there are.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The cells of the worker of this number, from 0. The two ends of the rod belong to nobody.
    #[must_use]
    pub fn segment(&self, worker: usize) -> Range<usize> {
        let inner = self.length - 2;
        let first = |worker: usize| 1 + inner * worker / self.workers;
        first(worker)..first(worker + 1)
    }

    /// The heat of a cell.
    #[must_use]
    pub fn heat(&self, cell: usize) -> i64 {
        self.cells[cell].heat.load(Ordering::Relaxed)
    }

    /// Sets the heat of a cell.
    pub fn set_heat(&self, cell: usize, heat: i64) {
        self.cells[cell].heat.store(heat, Ordering::Relaxed);
        let pid = getpid().as_raw();
        self.cells[cell].writer.store(pid, Ordering::Relaxed);
    }

    fn new(workers: usize, steps: usize, length: usize) -> nix::Result<Self> {
        let rod = Self {
            cells: share()?,
            length,
            workers,
            steps,
        };
        for (cell, heat) in rod.heats_at_the_beginning().into_iter().enumerate() {
            rod.cells[cell].heat.store(heat, Ordering::Relaxed);
        }
        Ok(rod)
    }

    /// Hot at one end, cold at the other, and uneven between.
    fn heats_at_the_beginning(&self) -> Vec<i64> {
        let heat = |cell: usize| match cell {
            0 => 100_000,
            _ if cell + 1 == self.length => 0,
            _ => i64::from(u16::try_from(cell * 7919 % 1000).unwrap_or(0)) * 50,
        };
        (0..self.length).map(heat).collect()
    }

    /// What one process alone gets.
    fn computed_alone(&self) -> Vec<i64> {
        let mut heats = self.heats_at_the_beginning();
        for _ in 0..self.steps {
            let before = heats.clone();
            for cell in 1..self.length - 1 {
                heats[cell] = next(before[cell - 1], before[cell], before[cell + 1]);
            }
        }
        heats
    }
}

/// The heat of a cell one step later, from its own heat and that of its neighbors on both sides.
#[must_use]
pub fn next_heat(left: i64, own: i64, right: i64) -> i64 {
    COMPUTED.count();
    next(left, own, right)
}

fn next(left: i64, own: i64, right: i64) -> i64 {
    (left + 2 * own + right) / 4
}

/// How many heats each process has computed.
static COMPUTED: Counts = Counts(OnceLock::new());

struct Counts(OnceLock<&'static [Count; MOST_PROCESSES]>);

/// The workers and the main process; who comes later is not counted.
const MOST_PROCESSES: usize = MOST + 1;

struct Count {
    /// 0 as long as nobody has this place.
    pid: AtomicI32,
    heats: AtomicUsize,
}

impl Counts {
    /// To be called before the first fork.
    fn begin(&self) -> nix::Result<()> {
        let counts = share()?;
        self.0.get_or_init(|| counts);
        Ok(())
    }

    fn count(&self) {
        let own = getpid().as_raw();
        let places = self.0.get().copied().into_iter().flatten();
        let place = places.into_iter().find(|place| {
            let was = place
                .pid
                .compare_exchange(0, own, Ordering::Relaxed, Ordering::Relaxed);
            was.is_ok() || was == Err(own)
        });
        if let Some(place) = place {
            place.heats.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The most that one process has computed.
    fn most(&self) -> usize {
        let places = self.0.get().copied().into_iter().flatten();
        let heats = places.map(|place| place.heats.load(Ordering::Relaxed));
        heats.max().unwrap_or(0)
    }
}

/// Memory of this type that all processes share.
fn share<T>() -> nix::Result<&'static T> {
    let bytes = NonZeroUsize::new(size_of::<T>()).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a new mapping at an address of the kernel's choice touches no existing memory.
    let memory = unsafe { mmap_anonymous(None, bytes, access, MapFlags::MAP_SHARED) }?;
    // SAFETY: the mapping is page-aligned, large enough and never unmapped; this file asks for atomics only, of which zeros
    // are valid.
    Ok(unsafe { memory.cast().as_ref() })
}

/// What the student writes: a process for each worker, which computes its segment, step by step, in phases.
pub type Diffuse = fn(rod: &Rod, barrier: &Barrier) -> nix::Result<()>;

/// Runs the exercise.
#[must_use]
pub fn drive(diffuse: Diffuse) -> ExitCode {
    let program = Program::begin();
    let Some([workers, steps, length]) = arguments(std::env::args().skip(1)) else {
        eprintln!(
            "usage: phases [WORKERS [STEPS [CELLS]]]: up to {MOST} workers, {MOST_STEPS} steps, 3 to {MOST_CELLS} cells"
        );
        return ExitCode::from(2);
    };
    let given = COMPUTED
        .begin()
        .and_then(|()| Ok((Rod::new(workers, steps, length)?, Barrier::new(workers)?)));
    let (rod, barrier) = match given {
        Ok(given) => given,
        Err(error) => {
            eprintln!("phases: no shared memory: {error}");
            return ExitCode::FAILURE;
        }
    };
    print_line(&format!("{workers} workers, {steps} steps"));
    let result = diffuse(&rod, &barrier);
    program.end("diffuse", result, |()| {
        let heats: Vec<String> = (0..length).map(|cell| rod.heat(cell).to_string()).collect();
        print_line(&format!("heat: {}", heats.join(" ")));
        for line in judge(&rod, &barrier) {
            print_line(&line);
        }
    })
}

fn arguments(args: impl Iterator<Item = String>) -> Option<[usize; 3]> {
    let mut numbers = [3, 4, 12];
    for (at, arg) in args.enumerate() {
        *numbers.get_mut(at)? = arg.parse().ok()?;
    }
    let [workers, steps, cells] = numbers;
    let is_possible = (1..=MOST).contains(&workers)
        && steps <= MOST_STEPS
        && (3..=MOST_CELLS).contains(&cells)
        && workers <= cells - 2;
    is_possible.then_some(numbers)
}

/// What is wrong with the result, and with the way to it.
fn judge(rod: &Rod, barrier: &Barrier) -> Vec<String> {
    if rod.steps == 0 {
        return Vec::new();
    }
    let writers: BTreeSet<i32> = rod.cells[1..rod.length - 1]
        .iter()
        .map(|cell| cell.writer.load(Ordering::Relaxed))
        .collect();
    let main = getpid().as_raw();
    if writers.contains(&main) || writers.contains(&0) || writers.len() != rod.workers {
        return vec![format!(
            "made up: the cells were not set by {} processes beside the main one",
            rod.workers
        )];
    }
    let mut lines = Vec::new();
    let alone = rod.computed_alone();
    if let Some(cell) = (0..rod.length).find(|cell| rod.heat(*cell) != alone[*cell]) {
        lines.push(format!(
            "overtaken: cell {cell} has a heat of {}, and one process alone gets {}",
            rod.heat(cell),
            alone[cell]
        ));
    } else if barrier.arrivals() == 0 && rod.workers > 1 {
        lines.push("overtaken: nobody came to the barrier".to_owned());
    } else if rod.workers > 1 && COMPUTED.most() >= rod.steps * (rod.length - 2) {
        // Whoever computes some of its neighbors' cells in addition, to come to the barrier less often, still computes fewer: in
        // the step before the barrier those of its segment.
        lines.push("not divided: one process has computed as many heats as the whole rod has, in all steps".to_owned());
    }
    lines
}
