//! Driver of `daemon-thread`: has a main program log its lines, and looks which of them have arrived when it has ended.
//!
//! Usage: `daemon-thread [HOW [LINES [THREADS]]]` (default `returns 3 2`, at most 20 and 8). The main program has so many threads beside
//! its first one, and each logs so many lines, the first one last of all. HOW it ends: `returns`, or `panics`.
//!
//! The main program is a process of its own, and what its logger writes goes through a pipe. Each line is written only when the main
//! program's first thread has nothing to do, or has ended: so a program that ends without waiting for its logger does so
//! before the last lines are written, every time.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::fd::OwnedFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, getpid, gettid, pipe};

use crate::crash::{panic_as_ordered, tell_of_ordered_panics};
use crate::program::{Program, print_line};
use crate::rest::{Rest, first_thread, other_threads, until_at_rest};

/// Threads that have logged something.
static LOGGING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// What the main program's first thread is handing to the logger.
static IN_HAND: Mutex<Option<String>> = Mutex::new(None);

/// Where the log goes. It is slow: each line takes until the main program has nothing else to do.
#[derive(Debug)]
pub struct Sink {
    file: File,
}

impl Sink {
    /// Writes a line, given without its newline.
    ///
    /// # Errors
    ///
    /// When nobody reads the log any more.
    pub fn write_line(&mut self, line: &str) -> io::Result<()> {
        let is_logging = LOGGING.lock().is_ok_and(|it| it.contains(&gettid()));
        // Who writes for itself would wait for itself.
        if !is_logging && gettid() != getpid() {
            until_at_rest(|| vec![first_thread(getpid())]);
        }
        // At rest, it has handed over the line, or it waits until that is written.
        let is_waited_for = IN_HAND.lock().is_ok_and(|it| it.as_deref() == Some(line));
        let mark = if is_logging || is_waited_for {
            FOREGROUND
        } else {
            BACKGROUND
        };
        self.file.write_all(format!("{mark} {line}\n").as_bytes())
    }
}

// The kinds of lines in the pipe: written by a thread that logs, or while one waits for it; by another one; a remark of the main
// program.
const FOREGROUND: &str = "foreground";
const BACKGROUND: &str = "background";
const REMARK: &str = "remark";

// The remarks: there is no thread beside the first one; a thread does not sleep.
const ALONE: &str = "alone";
const BUSY: &str = "busy";

/// What the student writes: starts a logger, which writes to the sink.
pub type Start<L> = fn(sink: Sink) -> io::Result<L>;

/// What the student writes: hands a line to the logger.
pub type Log<L> = fn(logger: &L, line: String);

/// How the main program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Returns,
    Panics,
}

#[derive(Debug, Clone, Copy)]
struct Plan {
    how: How,
    lines: usize,
    threads: usize,
}

/// Runs the exercise with the student's functions. The logger is dropped when the main program ends.
#[must_use]
pub fn drive<L: Sync>(start: Start<L>, log: Log<L>) -> ExitCode {
    let Some(plan) = plan() else {
        eprintln!(
            "usage: daemon-thread [HOW [LINES [THREADS]]]: HOW is returns or panics, with at most 20 lines and 8 threads"
        );
        return ExitCode::from(2);
    };
    match run(start, log, plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the driver failed: {error}");
            ExitCode::from(2)
        }
    }
}

fn plan() -> Option<Plan> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let how = match words.first().map(String::as_str) {
        None | Some("returns") => How::Returns,
        Some("panics") => How::Panics,
        Some(_) => return None,
    };
    let number =
        |place: usize, own: usize| words.get(place).map_or(Some(own), |it| it.parse().ok());
    let (lines, threads) = (number(1, 3)?, number(2, 2)?);
    (lines <= 20 && threads <= 8 && words.len() <= 3).then_some(Plan {
        how,
        lines,
        threads,
    })
}

fn run<L: Sync>(start: Start<L>, log: Log<L>, plan: Plan) -> io::Result<()> {
    let (source, sink) = pipe()?;
    // SAFETY: the program has one thread, so the child may run ordinary code.
    let main = match unsafe { fork() }? {
        ForkResult::Child => {
            drop(source);
            be_the_main_program(start, log, plan, sink)
        }
        ForkResult::Parent { child } => child,
    };
    drop(sink);
    let lines: Vec<String> = BufReader::new(File::from(source))
        .lines()
        .collect::<io::Result<_>>()?;
    let status = waitpid(main, None)?;
    print(plan, &lines, status);
    Ok(())
}

fn be_the_main_program<L: Sync>(start: Start<L>, log: Log<L>, plan: Plan, sink: OwnedFd) -> ! {
    tell_of_ordered_panics();
    let program = Program::begin();
    let result = catch_unwind(AssertUnwindSafe(|| -> io::Result<()> {
        let file = File::from(sink);
        let mut remarks = file.try_clone()?;
        let logger = start(Sink { file })?;
        program.only_the_parent_returns_from("start");
        if other_threads().is_empty() {
            writeln!(remarks, "{REMARK} {ALONE}")?;
        }
        // Whoever waits for lines should sleep.
        if until_at_rest(other_threads) == Rest::Busy {
            writeln!(remarks, "{REMARK} {BUSY}")?;
        }
        drop(remarks);
        log_all(&logger, log, plan);
        if plan.how == How::Panics {
            panic_as_ordered();
        }
        Ok(())
    }));
    let code = match result {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            eprintln!("start failed: {error}");
            1
        }
        Err(_) => 101,
    };
    // The program ends here, and with it every thread that is left.
    // SAFETY: `_exit` ends this process without running anything else of it.
    unsafe { nix::libc::_exit(code) }
}

fn log_all<L: Sync>(logger: &L, log: Log<L>, plan: Plan) {
    let log_lines = |who: &str| {
        if let Ok(mut logging) = LOGGING.lock() {
            logging.push(gettid());
        }
        for line in 1..=plan.lines {
            let line = format!("{who}: line {line} of {}", plan.lines);
            take_in_hand(Some(&line));
            log(logger, line);
            take_in_hand(None);
        }
    };
    thread::scope(|scope| {
        for thread in 1..=plan.threads {
            scope.spawn(move || log_lines(&format!("thread {thread}")));
        }
    });
    log_lines("the first thread");
}

/// Only the first thread is known to be at rest when a line is written.
fn take_in_hand(line: Option<&str>) {
    if gettid() == getpid()
        && let Ok(mut in_hand) = IN_HAND.lock()
    {
        *in_hand = line.map(str::to_owned);
    }
}

fn print(plan: Plan, lines: &[String], status: WaitStatus) {
    let ended = match status {
        WaitStatus::Exited(_, 0) => "has returned".to_owned(),
        WaitStatus::Exited(_, 101) => "has ended by a panic".to_owned(),
        WaitStatus::Exited(_, code) => format!("has ended with exit code {code}"),
        WaitStatus::Signaled(_, signal, _) => format!("was ended by {signal}"),
        other => format!("{other:?}"),
    };
    print_line(&format!("the main program {ended}"));
    if !matches!(status, WaitStatus::Exited(_, 0 | 101)) {
        return;
    }
    let mut by_thread: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut arrived = 0;
    let (mut is_busy, mut is_alone, mut in_foreground) = (false, false, false);
    for line in lines {
        let (kind, text) = line.split_once(' ').unwrap_or((line, ""));
        if kind == REMARK {
            is_busy |= text == BUSY;
            is_alone |= text == ALONE;
            continue;
        }
        arrived += 1;
        in_foreground |= kind == FOREGROUND;
        let (who, what) = text.split_once(": ").unwrap_or(("somebody", text));
        by_thread.entry(who).or_default().push(what);
    }
    for (who, lines) in &by_thread {
        print_line(&format!("{who} has logged {}", lines.join(", ")));
    }
    let all = plan.lines * (plan.threads + 1);
    print_line(&format!("{arrived} of {all} lines are in the log"));
    if in_foreground {
        print_line(
            "in the foreground: a thread that logged a line wrote it, or waited until it was written",
        );
    }
    if is_alone {
        print_line(
            "in the foreground: there was no thread in the background when `start` had returned",
        );
    }
    if arrived < all {
        print_line("lost: the program ended with lines that were not written yet");
    }
    if is_busy {
        print_line(
            "asks again: a logger with nothing to write asks again and again instead of waiting",
        );
    }
}
