//! The terminal: taken for the program's time, and whole again on every exit.

use std::io;
use std::os::fd::AsFd as _;
use std::sync::mpsc::{self, Sender};
use std::thread;

use anyhow::Context as _;
use grader::cli::screen::{Letters, Screen};
use grader::course::Course;
use grader::report::style::Style;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::job::Starter;
use crate::session::{Message, Session, Surface, listen_to_signals};
use crate::state::{Event, Key, State, Work};
use crate::view;

/// Watches until somebody quits.
pub(crate) fn run(course: &Course, begin: Option<&str>, letters: Letters) -> anyhow::Result<()> {
    let starter = Starter::new(&course.root, letters)?;
    let (tell, told) = mpsc::channel();
    listen_to_signals(tell.clone()).context("wait for signals")?;
    // It also has a hook that gives the terminal back when something panics.
    let terminal = ratatui::try_init().context("take the terminal")?;
    listen_to_keys(tell.clone());
    listen_for_hang_up(tell.clone());
    let surface = Canvas {
        course,
        terminal,
        letters,
    };
    // The session, and with it the command at work, ends before the terminal is given back: what it may still say goes nowhere.
    let result = Session::new(course, tell, starter, surface)
        .and_then(|session| session.until_somebody_quits(course, begin, &told));
    ratatui::restore();
    result
}

struct Canvas<'a> {
    course: &'a Course,
    terminal: DefaultTerminal,
    letters: Letters,
}

impl Canvas<'_> {
    fn style(&self) -> Style {
        Screen::detect(self.letters).stdout
    }
}

impl Surface for Canvas<'_> {
    fn show(&mut self, state: &State) -> anyhow::Result<()> {
        let (course, style) = (self.course, self.style());
        self.terminal
            .draw(|frame| view::draw(frame, state, course, style))
            .context("draw")?;
        Ok(())
    }

    fn columns(&self, work: &Work) -> u16 {
        let width = self.terminal.size().map_or(80, |size| size.width);
        view::columns_for(work, width)
    }
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

/// A terminal whose other side is closed has no keys, only an end of file after another. The signal for that (SIGHUP) reaches those
/// whose controlling terminal it is; whoever else was given it as standard input learns it in this way.
fn listen_for_hang_up(tell: Sender<Message>) {
    thread::spawn(move || {
        let stdin = io::stdin();
        let mut terminal = [PollFd::new(stdin.as_fd(), PollFlags::empty())];
        // Nothing is asked for, so only what is always told ends the wait: POLLHUP, POLLERR, POLLNVAL of poll(2).
        while let Ok(0) | Err(Errno::EINTR) = poll(&mut terminal, PollTimeout::NONE) {}
        let _ = tell.send(Message::Event(Event::End));
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
