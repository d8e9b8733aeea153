//! What is known and shown, and what each event makes of it. Nothing here does I/O: events go in, effects come out.

use std::collections::BTreeMap;

use grader::course::Course;
use grader::verdict::{Report, Status, Verdict};

/// Everything that decides what the screen shows.
#[derive(Debug)]
pub(crate) struct State {
    /// The exercises in reading order.
    pub(crate) exercises: Vec<Row>,
    /// The one that is shown.
    pub(crate) current: usize,
    /// What of it is shown.
    pub(crate) pane: Pane,
    /// Lines above the first one that is shown.
    pub(crate) scroll: u16,
    /// How many hints of the exercise are shown.
    pub(crate) hints: usize,
    /// What the grader is at.
    pub(crate) at_work: Option<Work>,
    /// The picture of the present answer, once it was drawn.
    pub(crate) timeline: Option<String>,
    /// The present answer beside the reference answer, once they were compared.
    pub(crate) comparison: Option<String>,
    /// Whether this copy of the course has reference answers.
    pub(crate) has_solutions: bool,
    /// Whether an answer to a question is awaited.
    pub(crate) asks_to_reset: bool,
    /// One line about what has happened.
    pub(crate) message: Option<String>,
    /// The number of the job whose result is awaited. Results of others are stale.
    job: u64,
}

/// An exercise and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) lab: String,
    /// What it is worth here.
    pub(crate) worth: u32,
    pub(crate) verdict: Option<Verdict>,
}

/// What is shown of an exercise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pane {
    /// What was found.
    Verdict,
    /// The picture of a run.
    Timeline,
    /// Hints, as many as were asked for.
    Hints,
    /// The text of the first diagnosis.
    Explanation,
    /// The answer beside the reference answer.
    Comparison,
    /// The keys.
    Help,
}

/// A command of the grader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    /// Grading these exercises.
    Grade(Vec<String>),
    /// Drawing the picture of an exercise.
    Draw(String),
    /// Comparing an answer with the reference answer.
    Compare(String),
    /// Putting the original back.
    Reset(String),
    /// Writing the picture to a page, and opening that.
    Open(String),
}

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Verdicts.
    Graded(Box<Report>),
    /// A text.
    Said(String),
    /// It could not work; what it said.
    Failed(String),
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// Somebody typed.
    Key(Key),
    /// These exercises have been saved.
    Saved(Vec<String>),
    /// A command has ended.
    Done { job: u64, outcome: Outcome },
    /// The terminal has another size.
    Resized,
    /// Somebody wants it to end, or the terminal has gone.
    End,
}

/// Keys that mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Key {
    Letter(char),
    Up,
    Down,
    PageUp,
    PageDown,
    Tab,
    Escape,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Start a command, in place of the one that is at work.
    Start { job: u64, work: Work },
    /// End.
    Quit,
}

/// Lines that a page key moves.
const PAGE: u16 = 10;

impl State {
    /// The course, of which nothing is known yet; and the first thing to do.
    pub(crate) fn new(course: &Course, begin: Option<&str>) -> (Self, Effect) {
        let rows = course.exercises().map(|it| Row {
            name: it.name().to_owned(),
            lab: it.lab.folder.clone(),
            worth: it.exercise.max_points(),
            verdict: None,
        });
        let exercises: Vec<Row> = rows.collect();
        let current = begin.and_then(|name| exercises.iter().position(|it| it.name == name));
        let mut state = Self {
            current: current.unwrap_or(0),
            exercises,
            pane: Pane::Verdict,
            scroll: 0,
            hints: 1,
            at_work: None,
            timeline: None,
            comparison: None,
            has_solutions: course.has_solutions(),
            asks_to_reset: false,
            message: None,
            job: 0,
        };
        let names = state.exercises.iter().map(|it| it.name.clone()).collect();
        let effect = state.start(Work::Grade(names));
        (state, effect)
    }

    /// Chooses the first exercise that has no full points, once the verdicts are known.
    pub(crate) fn choose_first(&mut self) {
        let open = |row: &Row| !row.is_done();
        self.current = self.exercises.iter().position(open).unwrap_or(0);
    }

    /// The exercise that is shown.
    pub(crate) fn shown(&self) -> &Row {
        &self.exercises[self.current]
    }

    /// Points earned, and points that can be earned.
    pub(crate) fn points(&self) -> (u32, u32) {
        let verdicts = self.exercises.iter().map(|row| match &row.verdict {
            Some(verdict) => (verdict.points, verdict.max_points),
            None => (0, row.worth),
        });
        verdicts.fold((0, 0), |(points, max), (more, most)| {
            (points + more, max + most)
        })
    }

    /// Takes an event in.
    pub(crate) fn take(&mut self, event: Event) -> Option<Effect> {
        match event {
            Event::End => Some(Effect::Quit),
            Event::Resized => None,
            Event::Saved(names) => self.saved(names),
            Event::Done { job, outcome } => self.done(job, outcome),
            Event::Key(key) if self.asks_to_reset => self.answered(key),
            Event::Key(key) => self.pressed(key),
        }
    }

    fn saved(&mut self, names: Vec<String>) -> Option<Effect> {
        let place = |name: &String| self.exercises.iter().position(|it| it.name == *name);
        let places: Vec<usize> = names.iter().filter_map(place).collect();
        let first = *places.first()?;
        if !places.contains(&self.current) {
            self.show(first);
        }
        self.forget_runs();
        self.message = None;
        if matches!(self.pane, Pane::Timeline | Pane::Comparison) {
            self.pane = Pane::Verdict;
        }
        // What was being graded and is not known yet must not be forgotten.
        let mut names: BTreeMap<usize, String> = places
            .into_iter()
            .map(|at| (at, self.exercises[at].name.clone()))
            .collect();
        if let Some(Work::Grade(unknown)) = &self.at_work {
            for (at, row) in self.exercises.iter().enumerate() {
                if unknown.contains(&row.name) && row.verdict.is_none() {
                    names.insert(at, row.name.clone());
                }
            }
        }
        Some(self.start(Work::Grade(names.into_values().collect())))
    }

    fn done(&mut self, job: u64, outcome: Outcome) -> Option<Effect> {
        if job != self.job {
            return None;
        }
        let work = self.at_work.take()?;
        match outcome {
            Outcome::Graded(report) => self.learn(*report),
            Outcome::Failed(said) => self.message = Some(said),
            Outcome::Said(text) => match work {
                Work::Draw(_) => self.timeline = Some(text),
                Work::Compare(_) => self.comparison = Some(text),
                Work::Reset(name) => {
                    self.message = Some(text);
                    return self.saved(vec![name]);
                }
                Work::Open(_) => self.message = Some(text),
                Work::Grade(_) => {}
            },
        }
        None
    }

    /// Takes verdicts in.
    pub(crate) fn learn(&mut self, report: Report) {
        for verdict in report.exercises {
            let row = self.exercises.iter_mut();
            if let Some(row) = row.into_iter().find(|row| row.name == verdict.exercise) {
                row.verdict = Some(verdict);
            }
        }
    }

    fn pressed(&mut self, key: Key) -> Option<Effect> {
        // Whoever types has read it.
        self.message = None;
        match key {
            Key::Letter('q') => return Some(Effect::Quit),
            Key::Letter('n') => self.show_next(1),
            Key::Letter('p') => self.show_next(-1),
            Key::Letter('v') | Key::Escape => self.turn_to(Pane::Verdict),
            Key::Letter('h') => {
                if self.pane == Pane::Hints {
                    self.hints = (self.hints + 1).min(3);
                }
                self.turn_to(Pane::Hints);
            }
            Key::Letter('e') => self.turn_to(Pane::Explanation),
            Key::Letter('?') => self.turn_to(Pane::Help),
            Key::Letter('r') => {
                self.forget_runs();
                return Some(self.start(Work::Grade(vec![self.shown().name.clone()])));
            }
            Key::Letter('t') => return self.draw(),
            Key::Letter('c') => return self.compare(),
            Key::Letter('o') => return Some(self.start(Work::Open(self.shown().name.clone()))),
            Key::Letter('R') => self.asks_to_reset = true,
            Key::Tab => {
                return match self.pane {
                    Pane::Verdict => self.draw(),
                    Pane::Timeline => self.pressed(Key::Letter('h')),
                    Pane::Hints => self.pressed(Key::Letter('e')),
                    Pane::Explanation | Pane::Comparison | Pane::Help => {
                        self.pressed(Key::Letter('v'))
                    }
                };
            }
            Key::Up => self.scroll = self.scroll.saturating_sub(1),
            Key::Down => self.scroll = self.scroll.saturating_add(1),
            Key::PageUp => self.scroll = self.scroll.saturating_sub(PAGE),
            Key::PageDown => self.scroll = self.scroll.saturating_add(PAGE),
            Key::Letter(_) => {}
        }
        None
    }

    fn answered(&mut self, key: Key) -> Option<Effect> {
        self.asks_to_reset = false;
        let yes = matches!(key, Key::Letter('y' | 'Y'));
        yes.then(|| self.start(Work::Reset(self.shown().name.clone())))
    }

    fn draw(&mut self) -> Option<Effect> {
        self.turn_to(Pane::Timeline);
        let name = self.shown().name.clone();
        let known = self.timeline.is_some();
        (!known).then(|| self.start(Work::Draw(name)))
    }

    /// The reference answer is for those who have an answer of their own.
    fn compare(&mut self) -> Option<Effect> {
        if !self.can_compare() {
            let reason = if self.has_solutions {
                "the reference answer is shown after full points"
            } else {
                "this copy of the course has no reference answers"
            };
            self.message = Some(reason.to_owned());
            return None;
        }
        self.turn_to(Pane::Comparison);
        let name = self.shown().name.clone();
        let known = self.comparison.is_some();
        (!known).then(|| self.start(Work::Compare(name)))
    }

    /// Whether there is a reference answer to look at.
    pub(crate) fn can_compare(&self) -> bool {
        self.has_solutions && self.shown().is_done()
    }

    /// What was drawn of the last run is not true any more.
    fn forget_runs(&mut self) {
        self.timeline = None;
        self.comparison = None;
    }

    fn turn_to(&mut self, pane: Pane) {
        self.pane = pane;
        self.scroll = 0;
    }

    fn show(&mut self, place: usize) {
        self.current = place;
        self.forget_runs();
        self.hints = 1;
        self.message = None;
        self.turn_to(Pane::Verdict);
    }

    fn show_next(&mut self, step: isize) {
        let last = self.exercises.len().saturating_sub(1);
        self.show(self.current.saturating_add_signed(step).min(last));
    }

    fn start(&mut self, work: Work) -> Effect {
        self.job += 1;
        self.at_work = Some(work.clone());
        Effect::Start {
            job: self.job,
            work,
        }
    }
}

impl Row {
    /// Whether nothing is left to do.
    pub(crate) fn is_done(&self) -> bool {
        let verdict = self.verdict.as_ref();
        verdict.is_some_and(|it| matches!(it.status, Status::Passed | Status::NotObserved))
    }
}

#[cfg(test)]
mod tests;
