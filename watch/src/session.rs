//! The loop: events go into the state, what comes out of it is done, and whoever shows the state is told.
//!
//! At most one command of the grader is at work; a newer one ends it and takes its place.

use std::io;
use std::sync::mpsc::{Receiver, Sender};
use std::thread;

use anyhow::Context as _;
use grader::course::Course;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::files::Files;
use crate::job::{Job, Starter, open};
use crate::state::{Effect, Event, Outcome, State, Work};

/// What reaches the loop: events for the state, and that a command says nothing more.
#[derive(Debug)]
pub(crate) enum Message {
    /// Something for the state.
    Event(Event),
    /// The command of this number is about to end.
    Ended(u64),
}

/// Who shows the state to a person.
pub(crate) trait Surface {
    /// Shows what has changed.
    fn show(&mut self, state: &State) -> anyhow::Result<()>;

    /// Columns that the text which a command makes may have.
    fn columns(&self, work: &Work) -> u16;
}

/// One student's sitting.
pub(crate) struct Session<S> {
    starter: Starter,
    tell: Sender<Message>,
    surface: S,
    job: Option<(u64, Job)>,
    _files: Files,
}

impl<S: Surface> Session<S> {
    /// Begins to listen to saves.
    ///
    /// # Errors
    /// When files cannot be watched, or the grader's program is not there.
    pub(crate) fn new(
        course: &Course,
        tell: Sender<Message>,
        starter: Starter,
        surface: S,
    ) -> anyhow::Result<Self> {
        let saves = tell.clone();
        let files = Files::watch(course, move |names| {
            // Nobody listens any more: the program ends.
            let _ = saves.send(Message::Event(Event::Saved(names)));
        })?;
        Ok(Self {
            starter,
            tell,
            surface,
            job: None,
            _files: files,
        })
    }

    /// Goes on until somebody wants it to end. The command that is at work then is ended, too.
    ///
    /// # Errors
    /// When the state cannot be shown.
    pub(crate) fn until_somebody_quits(
        mut self,
        course: &Course,
        begin: Option<&str>,
        told: &Receiver<Message>,
    ) -> anyhow::Result<()> {
        let (mut state, effect) = State::new(course, begin);
        let mut chooses = begin.is_none();
        let mut effect = Some(effect);
        loop {
            let mut event = None;
            match effect.take() {
                Some(Effect::Quit) => return Ok(()),
                Some(Effect::Start { job, work }) => event = self.start(job, work),
                None => {}
            }
            if event.is_none() {
                self.surface.show(&state)?;
                event = match told.recv().context("wait for events")? {
                    Message::Event(event) => Some(event),
                    Message::Ended(job) => self.ended(job),
                };
            }
            let is_first = matches!(&event, Some(Event::Done { .. }));
            effect = event.and_then(|event| state.take(event));
            if is_first && std::mem::take(&mut chooses) {
                state.choose_first();
            }
        }
    }

    /// Starts a command in place of the one that is at work.
    fn start(&mut self, number: u64, work: Work) -> Option<Event> {
        self.job = None;
        self.starter.columns = self.surface.columns(&work);
        let tell = self.tell.clone();
        let ended = move || {
            let _ = tell.send(Message::Ended(number));
        };
        match self.starter.start(work, ended) {
            Ok(job) => {
                self.job = Some((number, job));
                None
            }
            Err(error) => Some(Event::Done {
                job: number,
                outcome: Outcome::Failed(format!("start the grader: {error}")),
            }),
        }
    }

    fn ended(&mut self, number: u64) -> Option<Event> {
        let (_, job) = self.job.take_if(|(job, _)| *job == number)?;
        let page = match job.work() {
            Work::Open(name) => Some(self.starter.page(name)),
            _ => None,
        };
        let mut outcome = job.outcome();
        if let (Some(page), Outcome::Said(_)) = (page, &outcome) {
            outcome = Outcome::Said(open(&page));
        }
        Some(Event::Done {
            job: number,
            outcome,
        })
    }
}

/// SIGTERM, SIGHUP and SIGINT end the program as `q` does.
///
/// They are handled, not blocked: a blocked signal would be blocked in every command that is started, too, and none of them could
/// be asked to end.
///
/// # Errors
/// When the signals cannot be handled.
pub(crate) fn listen_to_signals(tell: Sender<Message>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            if tell.send(Message::Event(Event::End)).is_err() {
                return;
            }
        }
    });
    Ok(())
}
