//! Lines only: each text below the one before, and nothing that was printed changes. For screen readers, logs and pipes.
//!
//! Whoever types here gives the same keys as on the screen, each line a key or several, with Enter behind them.

use std::io::{self, BufRead as _, ErrorKind, Write as _};
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::Context as _;
use grader::cli::screen::{Letters, Screen};
use grader::course::Course;
use grader::report::style::Style;
use nix::sys::signal::{SigSet, Signal};

use crate::job::Starter;
use crate::panes;
use crate::session::{Message, Session, Surface, listen_to_signals};
use crate::state::{Event, Key, Pane, State, Work};

/// More verdicts than this at once are summed up.
const FEW: usize = 3;

/// Watches until it is ended by a signal or by `q`, or nobody reads any more.
pub(crate) fn run(course: &Course, begin: Option<&str>, letters: Letters) -> anyhow::Result<()> {
    let starter = Starter::new(&course.root, letters)?;
    let (tell, told) = mpsc::channel();
    listen_to_signals(tell.clone()).context("wait for signals")?;
    listen_to_lines(tell.clone());
    let lines = Lines {
        course,
        style: Screen::detect(letters).stdout,
        at_work: None,
        page: Page::default(),
        message: None,
        asks: false,
    };
    let session = Session::new(course, tell, starter, lines)?;
    match session.until_somebody_quits(course, begin, &told) {
        Err(error) if is_gone(&error) => Ok(()),
        result => result,
    }
}

/// Whether whoever read the lines has gone away.
fn is_gone(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// What was printed last, to see what is new.
struct Lines<'a> {
    course: &'a Course,
    style: Style,
    at_work: Option<Work>,
    page: Page,
    message: Option<String>,
    asks: bool,
}

/// What decides the text of the pane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Page {
    exercise: usize,
    pane: Option<Pane>,
    hints: usize,
    is_drawn: bool,
}

impl Page {
    fn of(state: &State) -> Self {
        Self {
            exercise: state.current,
            pane: Some(state.pane),
            hints: state.hints,
            is_drawn: match state.pane {
                Pane::Timeline => state.timeline.is_some(),
                Pane::Comparison => state.comparison.is_some(),
                _ => true,
            },
        }
    }
}

impl Surface for Lines<'_> {
    fn show(&mut self, state: &State) -> anyhow::Result<()> {
        let mut says_more = false;
        if state.at_work != self.at_work {
            let before = std::mem::replace(&mut self.at_work, state.at_work.clone());
            match (&before, &state.at_work) {
                (_, Some(Work::Grade(names))) => {
                    let words = match names.as_slice() {
                        names if names.len() <= FEW => names.join(", "),
                        names => format!("{} exercises", names.len()),
                    };
                    say(&format!("grading {words}"))?;
                }
                (_, Some(_)) => say(&panes::status(state))?,
                (Some(Work::Grade(names)), None) => {
                    self.tell(state, names)?;
                    says_more = true;
                }
                (_, None) => says_more = true,
            }
        }
        let page = Page::of(state);
        let is_due = match state.pane {
            Pane::Verdict => state.at_work.is_none() && !says_more,
            Pane::Timeline | Pane::Comparison => page.is_drawn,
            Pane::Hints | Pane::Explanation | Pane::Help => true,
        };
        if page != self.page && (is_due || says_more) {
            if is_due {
                say(&panes::text(state, self.course, self.style))?;
                says_more = true;
            }
            self.page = page;
        }
        if state.message != self.message {
            self.message.clone_from(&state.message);
            if let Some(message) = &state.message {
                say(message)?;
            }
        }
        if state.asks_to_reset && !self.asks {
            say(&panes::status(state))?;
        } else if says_more && state.at_work.is_none() {
            say("waiting for a save; ? and Enter list what can be typed")?;
        }
        self.asks = state.asks_to_reset;
        Ok(())
    }

    fn columns(&self, _: &Work) -> u16 {
        u16::try_from(self.style.columns()).unwrap_or(80)
    }
}

impl Lines<'_> {
    /// The verdicts that have come; where they are many, how many points they make, and the one to go on with.
    fn tell(&self, state: &State, names: &[String]) -> anyhow::Result<()> {
        if names.len() <= FEW {
            let rows = state.exercises.iter();
            for row in rows.filter(|row| names.contains(&row.name)) {
                let exercise = self.course.exercise(&row.name)?;
                say(&panes::verdict(row, exercise, self.course, self.style))?;
            }
            return Ok(());
        }
        let (points, max) = state.points();
        say(&format!(
            "{points} of {max} points so far; Ctrl-C ends this\n"
        ))?;
        let row = state.shown();
        let exercise = self.course.exercise(&row.name)?;
        say(&panes::verdict(row, exercise, self.course, self.style))
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// Keys, as lines. At the end of the input nothing more can be typed, and saves go on.
fn listen_to_lines(tell: Sender<Message>) {
    thread::spawn(move || {
        // In the background a read from the terminal fails then, and does not stop the program.
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGTTIN);
        if signals.thread_block().is_err() {
            return;
        }
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            for letter in line.trim().chars() {
                let event = Event::Key(Key::Letter(letter));
                if tell.send(Message::Event(event)).is_err() {
                    return;
                }
            }
        }
    });
}
