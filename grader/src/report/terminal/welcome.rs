//! The first thing that a student sees: what this is, where to begin, what to type.

use super::{Page, advice};
use crate::course::ExerciseRef;
use crate::report::style::{Role, count, points};
use crate::report::visible;
use crate::verdict::Report;

pub(super) fn render(report: &Report, page: Page<'_>) -> String {
    let style = page.style;
    let mut parts = vec![
        page.prose(
            "This is a course of small Linux programs about processes and how they talk to each other. \
             You fill in the gaps; the grader runs your program and says what it saw.",
            0,
        ),
        page.prose(&size(report, page), 0),
    ];
    let first = report.exercises.first().and_then(|it| page.exercise(it));
    parts.extend(first.map(|exercise| begin(exercise, page)));
    let list = [
        (
            "cargo grade watch".to_owned(),
            "grades each time you save, on one screen",
        ),
        ("cargo grade list".to_owned(), "every exercise"),
        (
            "cargo grade --help".to_owned(),
            "everything that can be typed",
        ),
    ];
    parts.push(format!(
        "{}\n{}",
        style.paint(Role::Strong, "To look around"),
        advice::lines(&list, page)
    ));
    parts.join("\n\n") + "\n"
}

/// How much there is to do, and that nothing is done yet.
fn size(report: &Report, page: Page<'_>) -> String {
    let sum = format!("{} of {}", report.points, points(report.max_points));
    let minutes: u32 = page.course.exercises().map(|it| it.exercise.minutes).sum();
    let hours = usize::try_from(minutes.div_ceil(60)).unwrap_or(0);
    format!(
        "{} so far. There are {} in {}: about {} of work.",
        page.style.paint(Role::Strong, &sum),
        count(report.exercises.len(), "exercise", "exercises"),
        count(page.course.labs.len(), "lab", "labs"),
        count(hours, "hour", "hours"),
    )
}

fn begin(exercise: ExerciseRef<'_>, page: Page<'_>) -> String {
    let style = page.style;
    let name = style.paint(Role::Strong, exercise.name());
    let title = visible::own(&exercise.exercise.title, style);
    let text = format!("Begin with {name} ({} minutes):", exercise.exercise.minutes);
    let title = page.prose(&title, 2);
    let steps = [
        (
            exercise.relative_path().display().to_string(),
            "edit what is marked TODO",
        ),
        (
            format!("cargo grade {}", exercise.name()),
            "see what came of it",
        ),
        (
            format!("cargo grade hint {}", exercise.name()),
            "when you are stuck",
        ),
    ];
    let text = page.prose(&text, 0);
    format!("{text}\n{title}\n\n{}", advice::lines(&steps, page))
}
