//! The picture in letters: a lane for each process, in the columns of a terminal.

use self::grid::{Grid, part};
use super::picture::{ArrowKind, Picture, Row};
use super::words;
use crate::report::layout::{self, LongWords};
use crate::report::style::{Role, Style};
use crate::report::visible;

mod grid;

/// Columns of a lane's name at most.
const NAME: usize = 24;

/// Levels of the tree that move a name to the right.
const DEEPEST: usize = 5;

/// Columns from one time on the axis to the next at least.
const TICK: usize = 14;

/// Rows that are drawn; more do not help anybody on a terminal.
const ROWS: usize = 60;

/// What was left and what else is to be known: lines of each that are shown.
const LINES: usize = 8;

/// The picture as text that ends with a newline.
#[must_use]
pub fn render(picture: &Picture, style: Style) -> String {
    let title = visible::line(&picture.title, style);
    let summary = visible::own(&visible::line(&picture.summary(), style), style);
    let heading = format!("{}: {summary}", style.paint(Role::Strong, &title));
    let mut parts = vec![layout::paragraph(
        &heading,
        style.columns(),
        0,
        LongWords::Cut,
    )];
    if !picture.rows.is_empty() {
        parts.push(lanes(picture, style));
    }
    parts.extend(remarks(picture, style));
    parts.join("\n\n") + "\n"
}

/// The axis, the lanes and what the signs mean.
fn lanes(picture: &Picture, style: Style) -> String {
    let names: Vec<String> = picture
        .rows
        .iter()
        .take(ROWS)
        .map(|row| name(picture, row, style))
        .collect();
    let widths = names.iter().map(|name| layout::width(name));
    let margin = widths.max().unwrap_or(0);
    let columns = style.columns().saturating_sub(margin + 1).max(8);
    let grid = Grid::of(picture, columns, ROWS);
    let mut lines = vec![axis(picture, margin, columns, style)];
    for (row, name) in names.iter().enumerate() {
        let line = format!("{} {}", layout::pad(name, margin), grid.paint(row, style));
        lines.push(line.trim_end().to_owned());
    }
    if picture.rows.len() > ROWS {
        let more = picture.rows.len() - ROWS;
        lines.push(format!("{} {more} more rows", style.ellipsis()));
    }
    lines.push(String::new());
    lines.push(legend(&grid, style));
    lines.join("\n")
}

/// What stands before a row.
fn name(picture: &Picture, row: &Row, style: Style) -> String {
    let Some(lane) = row.members().first().map(|at| &picture.lanes[*at]) else {
        return String::new();
    };
    let indent = "  ".repeat(lane.depth.min(DEEPEST));
    let label = lane.label();
    let own = lane.name.as_deref().unwrap_or_default();
    let text = match row {
        Row::One(_) => format!("{indent}{label} {}", visible::line(own, style)),
        Row::Alike(members) => {
            let times = if style.unicode { "×" } else { "x" };
            format!("{indent}{label} {times} {}", members.len())
        }
    };
    cut(text.trim_end(), NAME, style)
}

/// The beginning of a text that is too long.
fn cut(text: &str, columns: usize, style: Style) -> String {
    if layout::width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(layout::width(style.ellipsis()));
    let mut shown = String::new();
    for letter in text.chars() {
        shown.push(letter);
        if layout::width(&shown) > room {
            shown.pop();
            break;
        }
    }
    shown + style.ellipsis()
}

/// Times above the lanes; each begins in the column that it is the time of.
fn axis(picture: &Picture, margin: usize, columns: usize, style: Style) -> String {
    let mut line = String::new();
    let mut column = 0;
    while column + TICK / 2 < columns {
        let moment = picture.scale.moment(part(column, columns));
        let tick = if style.unicode { "╷" } else { "|" };
        let time = words::time(moment).replace('µ', if style.unicode { "µ" } else { "u" });
        line.push_str(&layout::pad(&format!("{tick}{time}"), TICK));
        column += TICK;
    }
    let name = layout::pad("time", margin);
    let line = format!("{name} {}", line.trim_end());
    style.paint(Role::Faint, &line)
}

/// What the signs that were used mean.
fn legend(grid: &Grid, style: Style) -> String {
    let entries: Vec<String> = grid
        .meanings(style)
        .map(|(sign, meaning)| format!("{sign} {meaning}").replace(' ', "\u{a0}"))
        .collect();
    let text = layout::paragraph(&entries.join("  "), style.columns(), 0, LongWords::Keep);
    style.paint(Role::Faint, &text.replace('\u{a0}', " "))
}

/// What was found, what was left, and what else is to be known.
fn remarks(picture: &Picture, style: Style) -> Vec<String> {
    let mut parts = Vec::new();
    for (diagnosed, number) in picture.diagnoses.iter().zip(1..) {
        let shown = picture.lanes.iter().any(|lane| {
            let mut here = picture.diagnosed(lane.process);
            here.any(|(found, _)| found == number)
        });
        let mark = if shown {
            style.paint(Role::Bad, &number.to_string())
        } else {
            "-".to_owned()
        };
        let name = style.paint(Role::Strong, &visible::line(&diagnosed.diagnosis, style));
        let message = visible::line(&diagnosed.message, style);
        let first = format!("{mark} ");
        let text = format!("{name}: {message}");
        parts.push(hanging(&text, &first, "  ", style));
    }
    let signals = picture.arrows.iter();
    let signals = signals.filter(|arrow| arrow.kind == ArrowKind::Signal);
    let signals: Vec<String> = signals.map(|arrow| arrow.said.clone()).collect();
    parts.extend(list("Signals", &signals, style));
    parts.extend(list("Left behind", &picture.leftovers, style));
    let notes: Vec<String> = picture
        .notes
        .iter()
        .map(|note| hanging(&visible::line(note, style), "note: ", "      ", style))
        .collect();
    if !notes.is_empty() {
        parts.push(notes.join("\n"));
    }
    parts
}

/// Text under a heading, its `[pid 1]` never divided.
fn hanging(text: &str, first: &str, rest: &str, style: Style) -> String {
    let text = text.replace("[pid ", "[pid\u{a0}");
    let text = layout::hanging(&text, style.columns(), first, rest, LongWords::Cut);
    text.replace('\u{a0}', " ")
}

/// A heading and some lines of foreign text; nothing where there are no lines.
pub(super) fn list(heading: &str, texts: &[String], style: Style) -> Option<String> {
    if texts.is_empty() {
        return None;
    }
    let mut lines = vec![style.paint(Role::Strong, heading)];
    let shown = texts.iter().take(LINES);
    lines.extend(shown.map(|text| hanging(&visible::line(text, style), "  ", "    ", style)));
    if texts.len() > LINES {
        let more = texts.len() - LINES;
        lines.push(format!("  {} {more} more", style.ellipsis()));
    }
    Some(lines.join("\n"))
}
