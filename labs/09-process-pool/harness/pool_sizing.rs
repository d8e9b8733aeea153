//! Driver of `pool-sizing`: the same tasks with more and more workers, and what that costs.
//!
//! Usage: `pool-sizing [CPUS [WAITS [TASKS [WORKERS…]]]]` (default: `all 9 12 1 2 4`). The program confines itself to so many CPUs, or to
//! `all` that it has. Sizes are asked for a pool whose tasks wait WAITS times as long as they compute. Then TASKS tasks are done by each
//! number of WORKERS, once such that compute and once such that wait.
//!
//! Table and chart go to standard error, because times are different in every run. That they are true is said on standard output:
//! they are held against what the kernel says of the same processes, never against what they ought to be.

use std::fs;
use std::io;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

use crate::program::{Program, print_line};

mod load;
mod table;

use load::Truth;
pub use load::{Kind, Load};

/// The most of everything: waits, tasks, workers.
const MOST: [usize; 3] = [99, 100, 16];

/// How much less or more than the truth may be measured: times(2) and /proc count in hundredths of a second, once for computing and
/// once for the kernel.
const TOLERANCE: Duration = Duration::from_millis(25);

/// What the tasks of a pool do with their time, on average.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// So long each of them computes.
    pub compute: Duration,
    /// So long each of them waits, for a disk, a network, another process.
    pub wait: Duration,
}

/// What was measured with one number of workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// How long it took until all tasks were done.
    pub wall: Duration,
    /// How much CPU time all workers together have used.
    pub cpu: Duration,
}

/// What the student writes: how many workers a pool should have.
pub type PoolSize = fn(profile: Profile) -> io::Result<usize>;

/// What the student writes: runs the load with so many workers, and measures that.
pub type Measure = fn(load: &Load, workers: usize) -> io::Result<Row>;

/// Runs the exercise.
#[must_use]
pub fn drive(pool_size: PoolSize, measure: Measure) -> ExitCode {
    let program = Program::begin();
    let Some(wanted) = Wanted::parse() else {
        eprintln!(
            "usage: pool-sizing [CPUS [WAITS [TASKS [WORKERS…]]]]: `all` or a number, then numbers up to 99, 100 and 16"
        );
        return ExitCode::from(2);
    };
    let usable = match wanted.cpus.map_or_else(usable_cpus, confine) {
        Ok(usable) => usable,
        Err(error) => {
            eprintln!("pool-sizing: cannot choose CPUs: {error}");
            return ExitCode::from(2);
        }
    };
    for waits in [0, wanted.waits] {
        let compute = Duration::from_millis(2);
        let profile = Profile {
            compute,
            wait: compute * waits as u32,
        };
        let size = pool_size(profile);
        let code = program.end("pool_size", size, |size| judge_size(usable, waits, size));
        if code != ExitCode::SUCCESS {
            return code;
        }
    }
    for kind in [Kind::Computes, Kind::Waits] {
        let mut rows = Vec::new();
        for workers in &wanted.workers {
            let load = match Load::new(kind, wanted.tasks) {
                Ok(load) => load,
                Err(error) => {
                    eprintln!("pool-sizing: no shared memory: {error}");
                    return ExitCode::FAILURE;
                }
            };
            let before = Truth::now();
            let result = measure(&load, *workers);
            let whole = before.until_now();
            let code = program.end("measure", result, |row| {
                judge_row(&load, *workers, row, whole);
                rows.push((*workers, row));
            });
            if code != ExitCode::SUCCESS {
                return code;
            }
        }
        table::show(kind, wanted.tasks, &rows);
    }
    ExitCode::SUCCESS
}

fn judge_size(usable: usize, waits: usize, size: usize) {
    let factor = waits + 1;
    let tasks = match waits {
        0 => "tasks that only compute".to_owned(),
        waits => format!("tasks that wait {waits} times as long as they compute"),
    };
    let per_cpu = match factor {
        1 => "1 worker".to_owned(),
        factor => format!("{factor} workers"),
    };
    if size == usable * factor {
        print_line(&format!(
            "{tasks}: {per_cpu} for each CPU that this process may use"
        ));
    } else if size == online() * factor {
        print_line(&format!(
            "by machine: for {tasks} the pool is sized for CPUs that this process may not use"
        ));
    } else if size == usable {
        print_line(&format!(
            "waiting not counted: for {tasks} the pool has 1 worker for each CPU"
        ));
    } else {
        print_line(&format!(
            "{tasks}: {size} workers for {usable} CPUs, expected {per_cpu} for each"
        ));
    }
}

/// Holds what was measured against what the kernel says: it cannot be less than what happened between the first task's beginning and the
/// last one's end, and not more than what happened from before the call to after it.
fn judge_row(load: &Load, workers: usize, row: Row, whole: Truth) {
    let kind = load.kind().name();
    let done = load.done();
    let noun = if workers == 1 { "worker" } else { "workers" };
    if done.tasks == 0 {
        print_line(&format!(
            "made up: {kind}, {workers} {noun}: no task was done"
        ));
        return;
    }
    let is_true = |measured: Duration, least: Duration, most: Duration| {
        measured + TOLERANCE >= least && measured <= most + TOLERANCE
    };
    if done.tasks != load.tasks() || done.workers != workers {
        print_line(&format!(
            "{kind}, {workers} {noun}: {} tasks by {} workers",
            done.tasks, done.workers
        ));
    } else if is_true(row.wall, done.truth.wall, whole.wall)
        && is_true(row.cpu, done.truth.cpu, whole.cpu)
    {
        print_line(&format!(
            "{kind}, {workers} {noun}: {} tasks, measured",
            done.tasks
        ));
    } else {
        print_line(&format!(
            "not measured: {kind}, {workers} {noun}: these are not the times that it took"
        ));
        eprintln!(
            "{kind}, {workers} {noun}: measured {row:?}; between the first task and the last one {:?}, in the whole call {whole:?}",
            done.truth
        );
    }
}

/// Confines the program, and all processes that it makes, to so many of its CPUs; returns how many they are.
fn confine(wanted: usize) -> nix::Result<usize> {
    let this = Pid::from_raw(0);
    let allowed = sched_getaffinity(this)?;
    let mut chosen = CpuSet::new();
    let all = (0..CpuSet::count()).filter(|cpu| allowed.is_set(*cpu) == Ok(true));
    for cpu in all.take(wanted) {
        chosen.set(cpu)?;
    }
    // Remembered before: afterwards nobody can tell it from what the program was given.
    online();
    sched_setaffinity(this, &chosen)?;
    usable_cpus()
}

fn usable_cpus() -> nix::Result<usize> {
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let all = (0..CpuSet::count()).filter(|cpu| allowed.is_set(*cpu) == Ok(true));
    Ok(all.count())
}

/// How many CPUs the machine has, whoever may use them.
fn online() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| {
        let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        text.lines()
            .filter(|it| it.starts_with("processor"))
            .count()
    })
}

/// The arguments.
struct Wanted {
    cpus: Option<usize>,
    waits: usize,
    tasks: usize,
    workers: Vec<usize>,
}

impl Wanted {
    fn parse() -> Option<Self> {
        let mut words: Vec<String> = std::env::args().skip(1).collect();
        let defaults = ["all", "9", "12", "1", "2", "4"];
        if words.len() < 4 {
            words.extend(defaults[words.len()..].iter().map(ToString::to_string));
        }
        let numbers: Option<Vec<usize>> = words[1..].iter().map(|it| it.parse().ok()).collect();
        let [waits, tasks, ref workers @ ..] = numbers?[..] else {
            return None;
        };
        let cpus = match words[0].as_str() {
            "all" => None,
            number => Some(number.parse().ok().filter(|number| *number > 0)?),
        };
        // Each worker is to have a task.
        let is_right = |it: &usize| (1..=MOST[2].min(tasks)).contains(it);
        let fits = waits <= MOST[0] && tasks <= MOST[1] && workers.iter().all(is_right);
        fits.then(|| Self {
            cpus,
            waits,
            tasks,
            workers: workers.to_vec(),
        })
    }
}
