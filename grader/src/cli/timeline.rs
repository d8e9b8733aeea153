//! The picture of a run: on the terminal, or in files.

use super::exit::Exit;
use super::failure::Failure;
use super::grade::{find_exercise, save};
use super::progress::Bar;
use super::request::{Timeline, Timings};
use super::screen::{Screen, tell};
use crate::course::Course;
use crate::grade::{self, GradeError, Options, RecordRequest, Recorded};
use crate::report::style::points;
use crate::report::visible;
use crate::sandbox::interrupt;
use crate::timeline::comparison::{self, Comparison};
use crate::timeline::{Heading, chrome, draw, html, story, svg, terminal};

pub(super) fn run(course: &Course, request: &Timeline, screen: &Screen) -> Result<Exit, Failure> {
    if request.compare {
        return compare(course, request, screen);
    }
    let subject = Subject {
        exercise: &request.exercise,
        what: RecordRequest::Case(request.case.clone()),
        options: &request.options,
        timings: request.timings,
    };
    let recorded = match watch(course, &subject, screen)? {
        Watched::Recorded(recorded) => recorded,
        Watched::DoesNotCompile => return Ok(Exit::PointsMissing),
    };
    let heading = Heading {
        exercise: &request.exercise,
        case: recorded.case.as_deref(),
    };
    let picture = draw(heading, &recorded.record, &recorded.findings);
    let files = [
        (&request.svg, svg::render as fn(&_) -> String),
        (&request.html, html::render),
        (&request.trace, chrome::render),
    ];
    let mut is_written = false;
    for (file, render) in files {
        if let Some(file) = file {
            save(file, &render(&picture))?;
            is_written = true;
        }
    }
    if !is_written {
        let mut text = terminal::render(&picture, screen.stdout);
        if request.words {
            let story = story::render(&picture, &recorded.record, screen.stdout);
            text = format!("{story}\n{text}");
        }
        screen.print(&text)?;
    }
    Ok(Exit::Success)
}

/// The answer beside the reference answer, for whoever has full points.
fn compare(course: &Course, request: &Timeline, screen: &Screen) -> Result<Exit, Failure> {
    let exercise = find_exercise(course, &request.exercise)?;
    interrupt::remember_requests();
    let bar = Bar::new(screen);
    let case = request.case.as_deref();
    let compared = grade::compare(course, exercise, case, &request.options, &bar);
    let timings = bar.timings();
    drop(bar);
    if request.timings == Timings::Shown {
        tell(&timings);
    }
    let compared = match compared? {
        Ok(compared) => compared,
        Err(verdict) => {
            tell(&format!(
                "the reference answer to {} is shown after full points: {} of {} so far",
                request.exercise,
                verdict.points,
                points(verdict.max_points)
            ));
            return Ok(Exit::PointsMissing);
        }
    };
    let file = exercise.solution_path(course);
    let file = file.strip_prefix(&course.root).unwrap_or(&file);
    let comparison = Comparison {
        title: &format!("{}, case {}", request.exercise, compared.case),
        yours: &compared.yours,
        reference: &compared.reference,
        your_text: &compared.your_text,
        reference_text: &compared.reference_text,
        file: &file.display().to_string(),
    };
    screen.print(&comparison::render(comparison, screen.stdout))?;
    Ok(Exit::Success)
}

/// What to run and record.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    /// The exercise's name.
    pub(super) exercise: &'a str,
    /// Which run of it.
    pub(super) what: RecordRequest,
    /// How to build and run.
    pub(super) options: &'a Options,
    /// Whether to say where the time went.
    pub(super) timings: Timings,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Watched {
    /// A run.
    Recorded(Box<Recorded>),
    /// Nothing but the compiler's message, which has been said.
    DoesNotCompile,
}

/// Runs the checkout's answer and records it.
pub(super) fn watch(
    course: &Course,
    subject: &Subject<'_>,
    screen: &Screen,
) -> Result<Watched, Failure> {
    let exercise = find_exercise(course, subject.exercise)?;
    interrupt::remember_requests();
    let bar = Bar::new(screen);
    let result = grade::record(course, exercise, &subject.what, subject.options, &bar);
    let timings = bar.timings();
    drop(bar);
    if subject.timings == Timings::Shown {
        tell(&timings);
    }
    match result {
        Ok(recorded) => Ok(Watched::Recorded(Box::new(recorded))),
        Err(GradeError::DoesNotCompile { said }) => {
            tell(&format!("{} does not compile:\n", subject.exercise));
            tell(&visible::lines(said.trim_end(), screen.stderr));
            Ok(Watched::DoesNotCompile)
        }
        Err(error) => Err(error.into()),
    }
}
