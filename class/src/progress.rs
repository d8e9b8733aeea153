//! How far the class is: a bar on a terminal, and a line now and then elsewhere.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a log gets a line.
const EVERY: Duration = Duration::from_secs(15);

/// How far the class is.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    total: usize,
    done: usize,
    /// Submissions that had to be judged, among those that are done.
    judged: usize,
    running: BTreeSet<String>,
    began: Instant,
    told: Instant,
}

impl Progress {
    pub(crate) fn new(total: usize) -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total as u64);
            let style = ProgressStyle::with_template("{spinner} [{bar:20}] {pos}/{len} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        let now = Instant::now();
        Self {
            bar,
            state: Mutex::new(State {
                total,
                done: 0,
                judged: 0,
                running: BTreeSet::new(),
                began: now,
                told: now,
            }),
        }
    }

    /// A submission is being judged.
    pub(crate) fn begin(&self, id: &str) {
        let mut state = self.state();
        state.running.insert(id.to_owned());
        self.show(&mut state);
    }

    /// A submission is judged, or is to be tried again later.
    pub(crate) fn pause(&self, id: &str) {
        self.state().running.remove(id);
    }

    /// A submission has its result.
    pub(crate) fn end(&self, id: &str, was_judged: bool) {
        let mut state = self.state();
        state.running.remove(id);
        state.done += 1;
        state.judged += usize::from(was_judged);
        if let Some(bar) = &self.bar {
            bar.set_position(state.done as u64);
        }
        self.show(&mut state);
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Counting cannot leave it half-done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, state: &mut State) {
        let now = Instant::now();
        let left = time_left(state, now.duration_since(state.began));
        if let Some(bar) = &self.bar {
            let names: Vec<&str> = state.running.iter().map(String::as_str).collect();
            bar.set_message(format!("{left}{}", names.join(", ")));
        } else if now.duration_since(state.told) >= EVERY {
            state.told = now;
            let line = format!("{} of {} graded {left}", state.done, state.total);
            // A log that cannot be written to is nobody's loss.
            let _ = writeln!(io::stderr(), "{}", line.trim_end());
        }
    }
}

/// The time left in words, with a space behind; nothing while it cannot be told.
fn time_left(state: &State, passed: Duration) -> String {
    if state.judged == 0 {
        return String::new();
    }
    // Those whose results were there already took no time, and say how many of the rest will take none.
    let left = state.total.saturating_sub(state.done);
    let share = state.judged * left / state.done.max(1);
    let seconds = passed.as_secs() * share as u64 / state.judged as u64;
    match seconds {
        0..90 => format!("{seconds} s left "),
        _ => format!("{} min left ", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_what_had_to_be_judged() {
        let now = Instant::now();
        let mut state = State {
            total: 200,
            done: 0,
            judged: 0,
            running: BTreeSet::new(),
            began: now,
            told: now,
        };
        let left = |state: &State, seconds| time_left(state, Duration::from_secs(seconds));
        assert_eq!(left(&state, 5), "");
        (state.done, state.judged) = (20, 20);
        assert_eq!(left(&state, 60), "9 min left ");
        (state.done, state.judged) = (180, 180);
        assert_eq!(left(&state, 360), "40 s left ");
        // Half of what is done was there already.
        (state.done, state.judged) = (100, 50);
        assert_eq!(left(&state, 50), "50 s left ");
    }
}
