//! The bar that long work shows on standard error, and takes away when it is done.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::screen::Screen;
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
    spent: Mutex<HashMap<(Spent, ThreadId), Duration>>,
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
    /// A bar that is shown if standard error is a terminal. The work has begun when the screen was looked at.
    #[must_use]
    pub fn new(screen: &Screen) -> Self {
        Self {
            // A terminal that can only add lines would show each state of the bar below the one before.
            is_terminal: io::stderr().is_terminal()
                && std::env::var_os("TERM").is_none_or(|it| it != "dumb"),
            unicode: screen.stderr.unicode,
            current: Mutex::new(None),
            started: screen.begun,
            spent: Mutex::default(),
        }
    }

    /// Where the time went. What is neither cargo nor a program is the grader's own share. Of programs that run side by side only
    /// the row that took longest counts: at least for so long some program ran.
    #[must_use]
    pub fn timings(&self) -> String {
        let total = self.started.elapsed();
        let spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = |what| {
            let rows = spent.iter().filter(|((on, _), _)| *on == what);
            rows.map(|(_, time)| *time).max().unwrap_or_default()
        };
        let (cargo, programs) = (longest(Spent::Cargo), longest(Spent::Programs));
        let own = total.saturating_sub(cargo + programs);
        format!(
            "timings: total {} ms, cargo {} ms, programs {} ms, grader {} ms",
            total.as_millis(),
            cargo.as_millis(),
            programs.as_millis(),
            own.as_millis()
        )
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.replace(None);
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
        let row = (on, thread::current().id());
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        *spent.entry(row).or_default() += time;
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.replace(None);
    }
}
