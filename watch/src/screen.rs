//! The terminal: taken for the program's time, and whole again on every exit.

use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::Context as _;
use grader::cli::screen::Screen;
use grader::course::Course;
use nix::sys::signal::{SigSet, Signal};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::files::Files;
use crate::job::{Job, Starter};
use crate::state::{Effect, Event, Key, Outcome, State, Work};
use crate::view;

/// What reaches the loop: events for the state, and that a command says nothing more.
enum Message {
    Event(Event),
    Ended(u64),
}

/// Watches until somebody quits.
pub(crate) fn run(course: &Course, begin: Option<&str>) -> anyhow::Result<()> {
    let starter = Starter::new(&course.root)?;
    let (tell, told) = mpsc::channel();
    // Before the first thread, so that all of them leave these signals to one.
    listen_to_signals(tell.clone()).context("wait for signals")?;
    let saves = tell.clone();
    let _files = Files::watch(course, move |names| {
        let _ = saves.send(Message::Event(Event::Saved(names)));
    })?;
    // It also has a hook that gives the terminal back when something panics.
    let terminal = ratatui::try_init().context("take the terminal")?;
    listen_to_keys(tell.clone());
    let mut watch = Watch {
        course,
        starter,
        tell,
        terminal,
        job: None,
    };
    let result = watch.until_somebody_quits(begin, &told);
    // The command ends before the terminal is given back: what it may still say goes nowhere.
    watch.job = None;
    ratatui::restore();
    result
}

struct Watch<'a> {
    course: &'a Course,
    starter: Starter,
    tell: Sender<Message>,
    terminal: DefaultTerminal,
    job: Option<(u64, Job)>,
}

impl Watch<'_> {
    fn until_somebody_quits(
        &mut self,
        begin: Option<&str>,
        told: &mpsc::Receiver<Message>,
    ) -> anyhow::Result<()> {
        let (mut state, effect) = State::new(self.course, begin);
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
                self.draw(&state)?;
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

    fn draw(&mut self, state: &State) -> anyhow::Result<()> {
        let style = Screen::detect().stdout;
        let course = self.course;
        self.terminal
            .draw(|frame| view::draw(frame, state, course, style))
            .context("draw")?;
        Ok(())
    }

    /// Starts a command in place of the one that is at work.
    fn start(&mut self, number: u64, work: Work) -> Option<Event> {
        self.job = None;
        if let Ok(size) = self.terminal.size() {
            self.starter.columns = view::pane_columns(size.width);
        }
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
            outcome = Outcome::Said(crate::job::open(&page));
        }
        Some(Event::Done {
            job: number,
            outcome,
        })
    }
}

/// SIGTERM, SIGHUP and SIGINT from elsewhere end the program as `q` does.
fn listen_to_signals(tell: Sender<Message>) -> nix::Result<()> {
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        signals.add(signal);
    }
    signals.thread_block()?;
    thread::spawn(move || {
        while signals.wait().is_ok() {
            if tell.send(Message::Event(Event::End)).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Keys and sizes, until the terminal has gone.
fn listen_to_keys(tell: Sender<Message>) {
    thread::spawn(move || {
        loop {
            let event = match event::read() {
                Ok(event::Event::Key(key)) => match meaning(key) {
                    Some(event) => event,
                    None => continue,
                },
                Ok(event::Event::Resize(..)) => Event::Resized,
                Ok(_) => continue,
                Err(_) => Event::End,
            };
            let is_end = event == Event::End;
            if tell.send(Message::Event(event)).is_err() || is_end {
                return;
            }
        }
    });
}

fn meaning(key: KeyEvent) -> Option<Event> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('c' | 'd') if control => Event::End,
        KeyCode::Char(letter) if !control => Event::Key(Key::Letter(letter)),
        KeyCode::Up => Event::Key(Key::Up),
        KeyCode::Down => Event::Key(Key::Down),
        KeyCode::PageUp => Event::Key(Key::PageUp),
        KeyCode::PageDown => Event::Key(Key::PageDown),
        KeyCode::Tab => Event::Key(Key::Tab),
        KeyCode::Esc => Event::Key(Key::Escape),
        _ => return None,
    })
}
