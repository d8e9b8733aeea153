//! The texts on the screen, made by the grader's own reports.

use grader::cli::texts::texts;
use grader::course::{Course, ExerciseRef, Level};
use grader::report::layout::{self, LongWords};
use grader::report::markdown;
use grader::report::style::{Role, Style, points, status_words};
use grader::report::terminal::{self, Page, Subject};
use grader::report::visible;
use grader::verdict::{REPORT_SCHEMA, Report, Status, Verdict};

use crate::state::{Pane, Row, State, Work};

/// What the pane of the present exercise says.
pub(crate) fn text(state: &State, course: &Course, style: Style) -> String {
    let row = state.shown();
    let Ok(exercise) = course.exercise(&row.name) else {
        return String::new();
    };
    let has_no_room_below =
        |it: &&String| it.lines().count() > 1 || layout::width(it) > style.columns();
    if let Some(message) = state.message.as_ref().filter(has_no_room_below) {
        let message = visible::lines(message, style);
        return layout::paragraph(&message, style.columns(), 0, LongWords::Cut) + "\n";
    }
    match state.pane {
        Pane::Verdict => {
            let text = verdict(row, exercise, course, style);
            let more = "`c` shows the reference answer, and what the kernel saw otherwise of it than of yours.";
            match &row.verdict {
                Some(it) if it.status == Status::Passed && state.has_solutions => {
                    format!("{text}\n{}\n", prose(more, style))
                }
                _ => text,
            }
        }
        Pane::Timeline => match &state.timeline {
            Some(text) => text.clone(),
            None => "the picture is being drawn\n".to_owned(),
        },
        Pane::Comparison => match &state.comparison {
            Some(text) => text.clone(),
            None => "your answer and the reference answer are being run\n".to_owned(),
        },
        Pane::Hints => hints(exercise, state.hints, style),
        Pane::Explanation => explanation(row, exercise, course, style),
        Pane::Help => help(style),
    }
}

/// One line about what goes on.
pub(crate) fn status(state: &State) -> String {
    if state.asks_to_reset {
        return format!(
            "put the original of {} back? What you wrote is kept in backups/. [y/N]",
            state.shown().name
        );
    }
    match (&state.at_work, &state.message) {
        (Some(Work::Grade(names)), _) => match names.as_slice() {
            [one] => format!("grading {one}"),
            many => format!("grading {} exercises", many.len()),
        },
        (Some(Work::Draw(name)), _) => format!("drawing {name}"),
        (Some(Work::Compare(name)), _) => format!("running {name} and the reference answer"),
        (Some(Work::Reset(name)), _) => format!("resetting {name}"),
        (Some(Work::Open(name)), _) => format!("writing the picture of {name}"),
        (None, Some(message)) => message.lines().next().unwrap_or_default().to_owned(),
        (None, None) => "waiting for a save".to_owned(),
    }
}

/// What was found in an exercise, or what it is about while nobody has begun it.
pub(crate) fn verdict(
    row: &Row,
    exercise: ExerciseRef<'_>,
    course: &Course,
    style: Style,
) -> String {
    let heading = heading(row, exercise, style);
    let Some(verdict) = &row.verdict else {
        return heading;
    };
    let body = match verdict.status {
        Status::NotAttempted => begin(exercise, style),
        Status::Passed => prose("Full points. `n` goes on to the next exercise.", style),
        _ => found(verdict, course, style),
    };
    format!("{heading}\n{body}\n")
}

fn heading(row: &Row, exercise: ExerciseRef<'_>, style: Style) -> String {
    let name = style.paint(Role::Strong, &row.name);
    let level = match exercise.exercise.level {
        Level::Core => "",
        Level::Extra => ", extra",
    };
    let state = row.verdict.as_ref().map_or_else(
        || format!("not graded yet{level}"),
        |it| {
            let sum = format!("{} of {}", it.points, points(it.max_points));
            format!("{}: {sum}{level}", status_words(it.status))
        },
    );
    let title = prose(&exercise.exercise.title, style);
    format!(
        "{name}  {state}\n{title}\n{}\n",
        exercise.relative_path().display()
    )
}

fn begin(exercise: ExerciseRef<'_>, style: Style) -> String {
    let readme = format!("labs/{}/README.md", exercise.lab.folder);
    let text = format!(
        "Open the file above, and write what is marked TODO. About {} minutes. Each save is graded here.",
        exercise.exercise.minutes
    );
    let concept = format!("The concept is in {readme}.");
    format!("{}\n\n{}\n", prose(&text, style), prose(&concept, style))
}

fn found(verdict: &Verdict, course: &Course, style: Style) -> String {
    let report = Report {
        schema: REPORT_SCHEMA.to_owned(),
        points: verdict.points,
        max_points: verdict.max_points,
        layers: Vec::new(),
        exercises: vec![verdict.clone()],
        notes: Vec::new(),
    };
    let page = Page {
        course,
        texts: &texts(course, &report),
        subject: &Subject::Checkout,
        style,
    };
    terminal::exercise(verdict, page)
}

fn hints(exercise: ExerciseRef<'_>, shown: usize, style: Style) -> String {
    let all = &exercise.exercise.hints;
    let mut text = String::new();
    for (number, hint) in all.iter().enumerate().take(shown) {
        let heading = format!("Hint {} of {}", number + 1, all.len());
        let heading = style.paint(Role::Strong, &heading);
        let hint = markdown::inline(hint, style);
        let hint = layout::paragraph(&hint, style.columns(), 2, LongWords::Keep);
        text.push_str(&format!("{heading}\n\n{hint}\n\n"));
    }
    if shown < all.len() {
        text.push_str("`h` shows the next one\n");
    }
    text
}

fn explanation(row: &Row, exercise: ExerciseRef<'_>, course: &Course, style: Style) -> String {
    let first = row.verdict.as_ref().and_then(|it| it.findings.first());
    let Some(finding) = first else {
        return "nothing is to be explained: nothing was found\n".to_owned();
    };
    match course.diagnosis(Some(exercise.lab), &finding.diagnosis) {
        Ok(text) => markdown::render(&text.markdown, style, 0),
        Err(_) => visible::line(&finding.diagnosis, style),
    }
}

/// The keys and what they do.
const KEYS: [(&str, &str); 14] = [
    ("n  p", "the next exercise, the one before"),
    ("v", "the verdict"),
    (
        "t",
        "the timeline of a run: of the first case in which something was found",
    ),
    ("h", "a hint; again, the next one"),
    ("e", "what the diagnosis means"),
    ("r", "run it again"),
    ("c", "after full points: the reference answer beside yours"),
    ("o", "write the timeline to a page and open that"),
    ("R", "put the original file back; what you wrote is kept"),
    ("Tab", "the next of these pages"),
    ("Up Down", "scroll"),
    ("PgUp PgDn", "scroll by a page"),
    ("?", "this list"),
    ("q", "quit"),
];

fn help(style: Style) -> String {
    let line = |(key, does): &(&str, &str)| {
        let first = format!("  {}  ", layout::pad(key, 9));
        let rest = " ".repeat(13);
        layout::hanging(does, style.columns(), &first, &rest, LongWords::Keep)
    };
    let lines: Vec<String> = KEYS.iter().map(line).collect();
    format!(
        "{}\n\n{}\n",
        style.paint(Role::Strong, "Keys"),
        lines.join("\n")
    )
}

fn prose(text: &str, style: Style) -> String {
    let text = markdown::inline(text, style);
    layout::paragraph(&text, style.columns(), 0, LongWords::Keep)
}
