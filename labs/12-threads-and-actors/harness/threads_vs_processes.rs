//! Driver of `threads-vs-processes`: the same workers twice, as threads of one process and as processes.
//!
//! Usage: `threads-vs-processes [WORKER…]` (default `1000 2000 panics`; at most 16). A WORKER is a number, below which it counts the
//! primes, or `panics` or `aborts`, which is what it does instead.
//!
//! Each way has a process of its own, the host, because a crash may end it. All workers are at work at once: none
//! goes on before the last one has begun. Then the driver measures what they cost, and says so on standard error, because it is
//! different in every run.

mod measure;

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, gettid, pipe};
use rustix::process::{PidfdFlags, pidfd_open};

use crate::crash::{panic_as_ordered, tell_of_ordered_panics};
use crate::program::{Program, print_line};
use crate::rest::{Rest, first_thread, until_at_rest};
use crate::shared::{Shareable, share};
use measure::{now, report};

/// The most workers.
const MOST: usize = 16;

/// The largest number below which primes are counted.
const LARGEST: u32 = 100_000;

/// More than all workers: who comes later finds the gate open.
const ALL: u64 = 1 << 32;

/// What the driver knows of the workers of one way. Both hosts and all workers share it with the driver.
struct Page {
    /// How much memory the host and the driver had before the student's function was called, and one more; 0 if that is unknown.
    memory: AtomicU64,
    /// When the function was called.
    called: AtomicU64,
    workers: [Seen; MOST],
}

/// A worker, as it was seen when it began.
struct Seen {
    pid: AtomicI32,
    thread: AtomicI32,
    at: AtomicU64,
}

// SAFETY: a page consists of atomics, for which zeros are valid.
unsafe impl Shareable for Page {}

/// The gate at which the workers of one way wait for each other.
#[derive(Debug)]
struct Gate {
    begun: EventFd,
    open: EventFd,
}

/// Workers that have begun, as this process knows it: memory of its own, like any variable of the program.
static MEMORY: AtomicU64 = AtomicU64::new(0);

/// What a worker is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Count { below: u32 },
    Panic,
    Abort,
}

/// The part of the work that one worker does.
#[derive(Clone, Copy)]
pub struct Part {
    number: usize,
    work: Work,
    page: &'static Page,
    gate: &'static Gate,
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "part {}: {:?}", self.number + 1, self.work)
    }
}

impl Part {
    /// Counts, in the thread that calls it. It can also panic or abort, if that is what the worker is for.
    #[must_use]
    pub fn count(&self) -> u64 {
        let seen = &self.page.workers[self.number];
        seen.at.store(now(), Ordering::Relaxed);
        seen.thread.store(gettid().as_raw(), Ordering::Relaxed);
        seen.pid.store(getpid().as_raw(), Ordering::Release);
        MEMORY.fetch_add(1, Ordering::SeqCst);
        // An error cannot be cured here: the driver sees who has begun.
        let _ = self.gate.begun.write(1);
        while self.gate.open.read() == Err(Errno::EINTR) {}
        match self.work {
            Work::Count { below } => primes(below),
            Work::Panic => panic_as_ordered(),
            Work::Abort => std::process::abort(),
        }
    }
}

/// How many primes there are below a number.
fn primes(below: u32) -> u64 {
    let mut composite = vec![false; below as usize];
    let mut count = 0;
    for number in 2..below as usize {
        if !composite[number] {
            count += 1;
            let multiples = (number * number..below as usize).step_by(number);
            multiples.for_each(|it| composite[it] = true);
        }
    }
    count
}

/// What became of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It counted so many.
    Counted(u64),
    /// It crashed: by a panic, or its process was ended by a signal.
    Crashed,
}

/// What the student writes, for each of the two ways: start a worker for each part, all at once, and return what became of each, in
/// the order of the parts.
pub type CountWith = fn(parts: &[Part]) -> io::Result<Vec<Outcome>>;

/// One of the two ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Threads,
    Processes,
}

/// Runs the exercise.
#[must_use]
pub fn drive(count_with_threads: CountWith, count_with_processes: CountWith) -> ExitCode {
    let Some(works) = works() else {
        eprintln!(
            "usage: threads-vs-processes [WORKER…]: at most {MOST}, each `panics`, `aborts` or a number of at most {LARGEST}"
        );
        return ExitCode::from(2);
    };
    for (way, count) in [
        (Way::Threads, count_with_threads),
        (Way::Processes, count_with_processes),
    ] {
        if let Err(error) = try_way(way, count, &works) {
            eprintln!("the driver failed: {error}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn works() -> Option<Vec<Work>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() {
        let count = |below| Work::Count { below };
        return Some(vec![count(1000), count(2000), Work::Panic]);
    }
    let work = |word: &String| match word.as_str() {
        "panics" => Some(Work::Panic),
        "aborts" => Some(Work::Abort),
        number => {
            let below = number.parse().ok().filter(|below| *below <= LARGEST)?;
            Some(Work::Count { below })
        }
    };
    let works: Vec<Work> = words.iter().map(work).collect::<Option<_>>()?;
    (works.len() <= MOST).then_some(works)
}

/// What a host has told before its end.
#[derive(Debug, Default)]
struct Told {
    outcomes: Vec<Outcome>,
    /// How many workers have begun, in the memory of the host.
    memory: u64,
    is_complete: bool,
}

fn try_way(way: Way, count: CountWith, works: &[Work]) -> io::Result<()> {
    let page = share::<Page>()?;
    let gate: &'static Gate = Box::leak(Box::new(Gate {
        begun: EventFd::from_value_and_flags(0, EfdFlags::EFD_CLOEXEC)?,
        open: EventFd::from_value_and_flags(0, EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_SEMAPHORE)?,
    }));
    let parts: Vec<Part> = (0..)
        .zip(works)
        .map(|(number, work)| Part {
            number,
            work: *work,
            page,
            gate,
        })
        .collect();
    let (source, sink) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let host = match unsafe { fork() }? {
        ForkResult::Child => {
            drop(source);
            be_host(way, count, &parts, sink)
        }
        ForkResult::Parent { child } => child,
    };
    drop(sink);
    let mut rest = Rest::Reached;
    if all_begin(gate, host, works.len())? {
        // Whoever waits for the workers should sleep.
        rest = until_at_rest(|| vec![first_thread(host)]);
        report(way, page, works.len(), host);
    }
    let _ = gate.open.write(ALL);
    let told = hear(source)?;
    let status = waitpid(host, None)?;
    print(way, works, page, host, &told, status);
    if rest == Rest::Busy {
        print_line(&format!(
            "asks again: who waits for the {} asks again and again instead",
            way.noun()
        ));
    }
    Ok(())
}

/// The process in which the student's function runs.
fn be_host(way: Way, count: CountWith, parts: &[Part], sink: OwnedFd) -> ! {
    tell_of_ordered_panics();
    let program = Program::begin();
    measure::begin(parts[0].page);
    let result = count(parts);
    program.only_the_parent_returns_from(way.function());
    let code = match result {
        Ok(outcomes) => {
            let mut text = String::new();
            for outcome in outcomes {
                text.push_str(&match outcome {
                    Outcome::Counted(count) => format!("counted {count}\n"),
                    Outcome::Crashed => "crashed\n".to_owned(),
                });
            }
            text.push_str(&format!("memory {}\n", MEMORY.load(Ordering::SeqCst)));
            i32::from(File::from(sink).write_all(text.as_bytes()).is_err())
        }
        Err(error) => {
            eprintln!("{} failed: {error}", way.function());
            1
        }
    };
    // SAFETY: `_exit` ends this process without running anything else of it.
    unsafe { nix::libc::_exit(code) }
}

/// Waits until all workers have begun; false, if the host has ended before.
fn all_begin(gate: &Gate, host: Pid, workers: usize) -> io::Result<bool> {
    let pid = rustix::process::Pid::from_raw(host.as_raw()).ok_or(Errno::ESRCH)?;
    let host = pidfd_open(pid, PidfdFlags::empty())?;
    let mut begun = 0;
    while begun < workers as u64 {
        let mut either = [
            PollFd::new(gate.begun.as_fd(), PollFlags::POLLIN),
            PollFd::new(host.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut either, PollTimeout::NONE) {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
            Ok(_) if either[0].any() == Some(true) => begun += gate.begun.read()?,
            Ok(_) => return Ok(false),
        }
    }
    Ok(true)
}

/// What the host says, to its end.
fn hear(source: OwnedFd) -> io::Result<Told> {
    let mut told = Told::default();
    for line in BufReader::new(File::from(source)).lines() {
        let line = line?;
        let (word, number) = line.split_once(' ').unwrap_or((&line, ""));
        match (word, number.parse()) {
            ("counted", Ok(count)) => told.outcomes.push(Outcome::Counted(count)),
            ("memory", Ok(count)) => (told.memory, told.is_complete) = (count, true),
            _ => told.outcomes.push(Outcome::Crashed),
        }
    }
    Ok(told)
}

impl Way {
    fn function(self) -> &'static str {
        match self {
            Self::Threads => "count_with_threads",
            Self::Processes => "count_with_processes",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Threads => "threads",
            Self::Processes => "processes",
        }
    }
}

fn print(way: Way, works: &[Work], page: &Page, host: Pid, told: &Told, status: WaitStatus) {
    let noun = way.noun();
    print_line(&format!("with {} {noun}:", works.len()));
    if told.is_complete {
        for (number, (work, outcome)) in (1..).zip(works.iter().zip(&told.outcomes)) {
            print_line(&format!("worker {number} {}", what_became(*work, *outcome)));
        }
        print_line(&format!(
            "in the memory of the process that started them {} workers have begun",
            told.memory
        ));
        if told.outcomes.len() != works.len() {
            print_line(&format!("{} outcomes were returned", told.outcomes.len()));
        }
    } else if let WaitStatus::Signaled(_, signal, _) = status {
        print_line(&format!("{signal} ended the process that started them"));
    } else {
        print_line("the process that started them returned nothing");
    }
    faults(way, works, page, host, told, status);
}

fn what_became(work: Work, outcome: Outcome) -> String {
    match (work, outcome) {
        (_, Outcome::Crashed) => "crashed".to_owned(),
        (Work::Count { below }, Outcome::Counted(count)) => {
            format!("counted {count} primes below {below}")
        }
        (_, Outcome::Counted(count)) => format!("is said to have counted {count}, and has crashed"),
    }
}

fn faults(way: Way, works: &[Work], page: &Page, host: Pid, told: &Told, status: WaitStatus) {
    // A stub, or a function that has failed before it began, says so itself.
    let seen: Vec<(i32, i32)> = page.workers[..works.len()]
        .iter()
        .map(|it| {
            let pid = it.pid.load(Ordering::Acquire);
            (pid, it.thread.load(Ordering::Relaxed))
        })
        .collect();
    let have_all_begun = seen.iter().all(|(pid, _)| *pid != 0);
    let (own, mut ids): (bool, Vec<i32>) = match way {
        Way::Threads => (
            seen.iter()
                .all(|(pid, thread)| *pid == host.as_raw() && thread != pid),
            seen.iter().map(|(_, thread)| *thread).collect(),
        ),
        Way::Processes => (
            seen.iter()
                .all(|(pid, thread)| *pid != host.as_raw() && thread == pid),
            seen.iter().map(|(pid, _)| *pid).collect(),
        ),
    };
    ids.sort_unstable();
    ids.dedup();
    if told.is_complete && !(have_all_begun && own && ids.len() == works.len()) {
        print_line(&format!(
            "made up: not each worker was one of the {}",
            way.noun()
        ));
        return;
    }
    let is_ordered = |work: &Work| match way {
        Way::Threads => *work == Work::Panic,
        Way::Processes => !matches!(work, Work::Count { .. }),
    };
    // An abort ends all threads, and nobody can do anything about it.
    let must_live = way == Way::Processes || !works.contains(&Work::Abort);
    let has_crashed = have_all_begun && works.iter().any(is_ordered);
    if !told.is_complete && must_live && has_crashed {
        let what = match status {
            WaitStatus::Signaled(..) | WaitStatus::Exited(_, 101) => "ended all",
            _ => "spoiled what the others had counted",
        };
        print_line(&format!(
            "not isolated: the crash of one of the {} {what}",
            way.noun()
        ));
    }
    let is_lost = |(work, outcome): (&Work, &Outcome)| {
        matches!(work, Work::Count { below } if primes(*below) > 0)
            && *outcome == Outcome::Counted(0)
    };
    if way == Way::Processes && works.iter().zip(&told.outcomes).any(is_lost) {
        print_line(
            "never arrived: what a process has counted is not known to the one that started it",
        );
    }
}
