//! One run by hand, told process by process and then drawn.

use super::exit::Exit;
use super::failure::Failure;
use super::request::Run;
use super::screen::Screen;
use super::timeline::{Subject, Watched, watch};
use crate::course::Course;
use crate::grade::RecordRequest;
use crate::timeline::{Heading, draw, story, terminal};

pub(super) fn run(course: &Course, request: &Run, screen: &Screen) -> Result<Exit, Failure> {
    let subject = Subject {
        exercise: &request.exercise,
        what: RecordRequest::Arguments(request.args.clone()),
        options: &request.options,
        timings: request.timings,
    };
    let recorded = match watch(course, &subject, screen)? {
        Watched::Recorded(recorded) => recorded,
        Watched::DoesNotCompile => return Ok(Exit::PointsMissing),
    };
    let heading = Heading {
        exercise: &request.exercise,
        case: None,
    };
    let picture = draw(heading, &recorded.record, &recorded.findings);
    let story = story::render(&picture, &recorded.record, screen.stdout);
    let drawn = terminal::render(&picture, screen.stdout);
    let parts = [story, drawn].into_iter().filter(|it| !it.is_empty());
    screen.print(&parts.collect::<Vec<_>>().join("\n"))?;
    Ok(Exit::Success)
}
