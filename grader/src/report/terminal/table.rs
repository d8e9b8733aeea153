//! One line an exercise, grouped by lab: sign, name, status, points.

use super::Page;
use crate::report::layout;
use crate::report::style::{Role, status_role, status_words};
use crate::report::visible;
use crate::verdict::{Report, Verdict};

/// Columns of the widest status.
const STATUS: usize = 16;

/// Columns of a lab's or an exercise's points: `999 / 999`.
const POINTS: usize = 9;

/// Columns before an exercise's name: margin, sign, space.
const BEFORE: usize = 4;

/// Columns between two columns.
const GAP: usize = 2;

/// Columns of the mark of an extra exercise, with its gap.
const EXTRA: usize = 7;

pub(super) fn render(report: &Report, page: Page<'_>) -> String {
    let names = report
        .exercises
        .iter()
        .map(|it| layout::width(&it.exercise));
    let names = names.max().unwrap_or(0);
    let mut lines = Vec::new();
    for lab in report
        .exercises
        .chunk_by(|left, right| left.lab == right.lab)
    {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        if BEFORE + names + GAP + STATUS + GAP + POINTS + EXTRA <= page.style.columns() {
            lines.push(wide_heading(lab, names, page));
            lines.extend(lab.iter().map(|verdict| wide_row(verdict, names, page)));
        } else {
            lines.push(narrow_heading(lab, page));
            lines.extend(lab.iter().map(|verdict| narrow_row(verdict, page)));
        }
    }
    lines.join("\n")
}

fn wide_heading(lab: &[Verdict], names: usize, page: Page<'_>) -> String {
    let columns = BEFORE + names + GAP + STATUS + GAP;
    let name = lab_name(lab, page);
    // A long title moves the points to the right rather than losing its end.
    let name = layout::pad(&name, columns.saturating_sub(1)) + " ";
    let (earned, max) = lab_points(lab);
    let heading = format!("{name}{}", fraction(earned, max));
    page.style.paint(Role::Strong, heading.trim_end())
}

fn wide_row(verdict: &Verdict, names: usize, page: Page<'_>) -> String {
    let style = page.style;
    let role = status_role(verdict.status);
    let sign = style.paint(role, style.sign(verdict.status));
    let name = layout::pad(&verdict.exercise, names);
    let status = layout::pad(&style.paint(role, status_words(verdict.status)), STATUS);
    let points = fraction(verdict.points, verdict.max_points);
    let extra = if page.is_extra(verdict) {
        format!("  {}", style.paint(Role::Faint, "extra"))
    } else {
        String::new()
    };
    let row = format!("  {sign} {name}  {status}  {points}{extra}");
    row.trim_end().to_owned()
}

fn narrow_heading(lab: &[Verdict], page: Page<'_>) -> String {
    let (earned, max) = lab_points(lab);
    let heading = format!("{}  {earned} / {max}", lab_name(lab, page));
    let heading = page.style.paint(Role::Strong, &heading);
    page.prose(&heading, 0)
}

/// Two lines: the name and the points, and under them the status.
fn narrow_row(verdict: &Verdict, page: Page<'_>) -> String {
    let style = page.style;
    let role = status_role(verdict.status);
    let sign = style.paint(role, style.sign(verdict.status));
    let status = style.paint(role, status_words(verdict.status));
    let extra = if page.is_extra(verdict) {
        ", extra"
    } else {
        ""
    };
    let Verdict {
        exercise,
        points,
        max_points,
        ..
    } = verdict;
    format!("  {sign} {exercise}  {points} / {max_points}\n    {status}{extra}")
}

fn lab_name(lab: &[Verdict], page: Page<'_>) -> String {
    let Some(folder) = lab.first().map(|verdict| verdict.lab.as_str()) else {
        return String::new();
    };
    let known = page.course.labs.iter().find(|lab| lab.folder == folder);
    known.map_or_else(
        || folder.to_owned(),
        |lab| {
            let title = visible::own(&lab.description.title, page.style);
            format!("{folder}  {title}")
        },
    )
}

fn lab_points(lab: &[Verdict]) -> (u32, u32) {
    let earned = lab.iter().map(|verdict| verdict.points).sum();
    let max = lab.iter().map(|verdict| verdict.max_points).sum();
    (earned, max)
}

fn fraction(earned: u32, max: u32) -> String {
    format!("{earned:>3} / {max:<3}")
}
