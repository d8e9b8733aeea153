//! What to open and what to type next.

use super::{Page, Subject};
use crate::report::layout::{self, LongWords};
use crate::report::style::{Role, points};
use crate::report::visible;
use crate::verdict::{Report, Status, Verdict};

/// A line of advice: what to open or type, and what for.
pub(super) type Step = (String, &'static str);

/// After a failure: the file, the command that grades it again, and where help is.
pub(super) fn repair(verdict: &Verdict, page: Page<'_>) -> String {
    let name = &verdict.exercise;
    let mut steps: Vec<Step> = Vec::new();
    let again = again(name, page);
    match page.subject {
        Subject::Checkout => {
            if let Some(exercise) = page.exercise(verdict) {
                steps.push((
                    exercise.relative_path().display().to_string(),
                    "the file to edit",
                ));
            }
            steps.push((again, "grade it again"));
        }
        Subject::Answer { file } => {
            steps.push((
                visible::line(&file.to_string_lossy(), page.style),
                "the file to edit",
            ));
            steps.push((again, "grade it again"));
        }
        Subject::Solutions => steps.push((again, "grade it again")),
        Subject::Submission { .. } => {}
    }
    if matches!(page.subject, Subject::Checkout | Subject::Answer { .. })
        && verdict.status == Status::Failed
    {
        steps.push((format!("cargo grade hint {name}"), "a hint"));
    }
    let first = verdict.findings.first();
    if let Some(finding) = first.filter(|it| page.texts.get(&verdict.lab, &it.diagnosis).is_some())
    {
        let command = format!("cargo grade explain {}", finding.diagnosis);
        steps.push((command, "why this happens"));
    }
    list("Next", &steps, page)
}

/// Everything attempted is right: the exercise to begin.
pub(super) fn begin(verdict: &Verdict, page: Page<'_>) -> String {
    let style = page.style;
    let alone = !matches!(page.subject, Subject::Checkout);
    let Some(exercise) = page.exercise(verdict).filter(|_| !alone) else {
        return String::new();
    };
    let name = style.paint(Role::Strong, &verdict.exercise);
    let title = visible::own(&exercise.exercise.title, style);
    let extra = if page.is_extra(verdict) {
        ", extra"
    } else {
        ""
    };
    let text = format!(
        "Next comes {name} ({} minutes, {}{extra}):",
        exercise.exercise.minutes,
        points(verdict.max_points),
    );
    let title = page.prose(&title, 2);
    let steps = [
        (
            exercise.relative_path().display().to_string(),
            "the file to edit",
        ),
        (format!("cargo grade {}", verdict.exercise), "grade it"),
        (format!("cargo grade hint {}", verdict.exercise), "a hint"),
    ];
    format!(
        "{}\n{title}\n\n{}",
        page.prose(&text, 0),
        lines(&steps, page)
    )
}

/// Everything graded is right: what there is beyond it.
pub(super) fn rest(report: &Report, page: Page<'_>) -> String {
    let style = page.style;
    if report.exercises.is_empty() {
        return String::new();
    }
    let whole = report.exercises.len() == page.course.exercises().count();
    let full = style.paint(Role::Good, "Full points.");
    if whole {
        let text = match page.subject {
            Subject::Checkout => format!("{full} You have solved everything that is here."),
            _ => full,
        };
        return page.prose(&text, 0);
    }
    if *page.subject != Subject::Checkout {
        return full;
    }
    let mut steps = vec![(
        "cargo grade".to_owned(),
        "grade everything, and see what is next",
    )];
    if let [one] = report.exercises.as_slice()
        && page.course.has_solutions()
    {
        let command = format!("cargo grade timeline {} --compare", one.exercise);
        steps.push((command, "the reference answer beside yours"));
    }
    format!("{full}\n{}", lines(&steps, page))
}

/// A heading and its steps.
fn list(heading: &str, steps: &[Step], page: Page<'_>) -> String {
    if steps.is_empty() {
        return String::new();
    }
    let heading = page.style.paint(Role::Strong, heading);
    format!("{heading}\n{}", lines(steps, page))
}

/// The steps, their purposes in a column; under a step that leaves no room beside.
pub(super) fn lines(steps: &[Step], page: Page<'_>) -> String {
    let style = page.style;
    let purposes = steps.iter().map(|(_, purpose)| layout::width(purpose));
    let room = style
        .columns()
        .saturating_sub(purposes.max().unwrap_or(0) + 4);
    let widths = steps.iter().map(|(step, _)| layout::width(step));
    let column = widths.filter(|width| *width <= room).max().unwrap_or(0);
    let lines: Vec<String> = steps
        .iter()
        .map(|(step, purpose)| {
            let shown = style.paint(Role::Code, step);
            if layout::width(step) <= room {
                format!("  {}  {purpose}", layout::pad(&shown, column))
            } else {
                let purpose = layout::paragraph(purpose, style.columns(), 4, LongWords::Keep);
                format!("  {shown}\n{purpose}")
            }
        })
        .collect();
    lines.join("\n")
}

/// The command that grades this exercise once more.
fn again(name: &str, page: Page<'_>) -> String {
    match page.subject {
        Subject::Checkout => format!("cargo grade {name}"),
        Subject::Solutions => format!("cargo grade --solutions {name}"),
        Subject::Answer { file } => {
            let file = visible::line(&file.to_string_lossy(), page.style);
            format!("cargo grade answer {name} {file}")
        }
        Subject::Submission { folder } => {
            let folder = visible::line(&folder.to_string_lossy(), page.style);
            format!("cargo grade submission {folder}")
        }
    }
}
