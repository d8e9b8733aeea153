//! The bar that long work shows on standard error, and takes away when it is done.

use std::io::{self, IsTerminal as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::progress::{Progress, Spent, Stage};

/// Work shorter than this shows no bar: it would only flicker.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often the bar shows that it is alive.
const TICK: Duration = Duration::from_millis(120);

/// Shows a bar on a terminal, and nothing where standard error is none.
#[derive(Debug)]
pub struct Bar {
    is_terminal: bool,
    unicode: bool,
    current: Mutex<Option<Shown>>,
    started: Instant,
    cargo_us: AtomicU64,
    programs_us: AtomicU64,
}

/// The bar of the stage that goes on.
#[derive(Debug)]
struct Shown {
    bar: ProgressBar,
    /// Dropped when the stage is over, which ends the thread that waits to show the bar.
    over: Sender<()>,
    reveal: JoinHandle<()>,
}

impl Bar {
    /// A bar that is shown if standard error is a terminal.
    #[must_use]
    pub fn new(unicode: bool) -> Self {
        Self {
            // A terminal that can only add lines would show each state of the bar below the one before.
            is_terminal: io::stderr().is_terminal()
                && std::env::var_os("TERM").is_none_or(|it| it != "dumb"),
            unicode,
            current: Mutex::new(None),
            started: Instant::now(),
            cargo_us: AtomicU64::new(0),
            programs_us: AtomicU64::new(0),
        }
    }

    /// Where the time went since the bar was made. What is neither cargo nor a program is the grader's own share; where
    /// programs run side by side, their times add up to more than has passed.
    #[must_use]
    pub fn timings(&self) -> String {
        let total = self.started.elapsed().as_micros();
        let cargo = u128::from(self.cargo_us.load(Ordering::Relaxed));
        let programs = u128::from(self.programs_us.load(Ordering::Relaxed));
        let own = total.saturating_sub(cargo + programs);
        format!(
            "timings: total {} ms, cargo {} ms, programs {} ms, grader {} ms",
            total / 1000,
            cargo / 1000,
            programs / 1000,
            own / 1000
        )
    }

    fn replace(&self, next: Option<Shown>) {
        // A poisoned lock means that another thread panicked: the bar is still good for clearing.
        let mut current = match self.current.lock() {
            Ok(current) => current,
            Err(poisoned) => poisoned.into_inner(),
        };
        if let Some(shown) = std::mem::replace(&mut *current, next) {
            shown.clear();
        }
    }
}

impl Shown {
    fn new(stage: Stage, total: usize, unicode: bool) -> Self {
        let total = u64::try_from(total).unwrap_or(0);
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
        bar.set_style(look(total, unicode));
        bar.set_prefix(words(stage));
        let (over, is_over) = mpsc::channel();
        let late = bar.clone();
        let reveal = thread::spawn(move || {
            if is_over.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                late.set_draw_target(ProgressDrawTarget::stderr());
                late.enable_steady_tick(TICK);
            }
        });
        Self { bar, over, reveal }
    }

    fn clear(self) {
        drop(self.over);
        // The thread cannot panic on its own, and without it there is no bar to clear.
        let _ = self.reveal.join();
        self.bar.finish_and_clear();
    }
}

fn look(total: u64, unicode: bool) -> ProgressStyle {
    let template = if total == 0 {
        "{spinner} {prefix} {wide_msg}"
    } else {
        "{spinner} {prefix} [{bar:20}] {pos}/{len} {wide_msg}"
    };
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    if unicode {
        style.progress_chars("━╸ ")
    } else {
        style.progress_chars("=> ").tick_chars("|/-\\ ")
    }
}

fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::Waiting => "waiting for another grader in this folder",
        Stage::Preparing => "preparing",
        Stage::Compiling => "compiling",
        Stage::Running => "running",
    }
}

impl Progress for Bar {
    fn begin(&self, stage: Stage, total: usize) {
        self.replace(None);
        if self.is_terminal {
            self.replace(Some(Shown::new(stage, total, self.unicode)));
        }
    }

    fn advance(&self, what: &str) {
        if let Ok(current) = self.current.lock()
            && let Some(shown) = &*current
        {
            shown.bar.set_message(what.to_owned());
            shown.bar.inc(1);
        }
    }

    fn end(&self) {
        self.replace(None);
    }

    fn spent(&self, on: Spent, time: Duration) {
        let sum = match on {
            Spent::Cargo => &self.cargo_us,
            Spent::Programs => &self.programs_us,
        };
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        sum.fetch_add(time, Ordering::Relaxed);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.replace(None);
    }
}
