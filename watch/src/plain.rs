//! Lines only: each verdict below the one before. For screen readers, logs and pipes.

use std::io::{self, Write as _};
use std::sync::mpsc;

use grader::cli::screen::Screen;
use grader::course::Course;

use crate::files::Files;
use crate::job::Starter;
use crate::panes;
use crate::state::{Outcome, Row, State, Work};

/// Watches until it is ended by a signal, or nobody reads any more.
pub(crate) fn run(course: &Course, begin: Option<&str>) -> anyhow::Result<()> {
    let starter = Starter::new(&course.root)?;
    let (tell, told) = mpsc::channel();
    let _files = Files::watch(course, move |names| {
        let _ = tell.send(names);
    })?;
    let (mut state, _) = State::new(course, begin);
    let names = state.exercises.iter().map(|it| it.name.clone()).collect();
    if let Some(error) = grade(&starter, &mut state, names)? {
        say(&error)?;
    }
    if begin.is_none() {
        state.choose_first();
    }
    let (points, max) = state.points();
    say(&format!(
        "{points} of {max} points. Waiting for saves; Ctrl-C ends this."
    ))?;
    show(course, state.shown())?;
    for names in told {
        say(&format!("grading {}", names.join(", ")))?;
        let error = grade(&starter, &mut state, names.clone())?;
        if let Some(error) = error {
            say(&error)?;
            continue;
        }
        for row in state
            .exercises
            .iter()
            .filter(|row| names.contains(&row.name))
        {
            show(course, row)?;
        }
    }
    Ok(())
}

/// Grades and waits for it; what went wrong, if something did.
fn grade(starter: &Starter, state: &mut State, names: Vec<String>) -> io::Result<Option<String>> {
    let job = starter.start(Work::Grade(names), || {})?;
    Ok(match job.outcome() {
        Outcome::Graded(report) => {
            state.learn(*report);
            None
        }
        Outcome::Failed(said) | Outcome::Said(said) => Some(said),
    })
}

fn show(course: &Course, row: &Row) -> anyhow::Result<()> {
    let exercise = course.exercise(&row.name)?;
    let style = Screen::detect().stdout;
    say(&panes::verdict(row, exercise, course, style))?;
    Ok(())
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
