//! Where on the screen things are: the sums above, the exercises to the left, the pane beside them, the keys below.

use grader::course::Course;
use grader::report::style::{Role, Style, status_role};
use grader::verdict::Status;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style as Paint};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use crate::state::{Pane, Row, State};
use crate::{paint, panes};

/// Columns of the list.
const LIST: u16 = 26;

/// Below this width there is no list: the pane needs the columns.
const NARROW: u16 = 70;

/// Draws the state.
pub(crate) fn draw(frame: &mut Frame<'_>, state: &State, course: &Course, style: Style) {
    let rows = [
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(1),
        Constraint::Length(1),
    ];
    let [top, middle, status, keys] = Layout::vertical(rows).areas(frame.area());
    frame.render_widget(sums(state, style, top.width), top);
    let list = if middle.width < NARROW { 0 } else { LIST };
    let columns = [Constraint::Length(list), Constraint::Min(1)];
    let [left, right] = Layout::horizontal(columns).areas(middle);
    if list > 0 {
        frame.render_widget(exercises(state, style, left.height), left);
    }
    let (text, below) = pane(state, course, style, right);
    frame.render_widget(text, right);
    let mut said = panes::status(state);
    if below > 0 {
        let lines = if below == 1 { "line" } else { "lines" };
        said = format!("{said}  ({below} more {lines} below)");
    }
    frame.render_widget(Line::from(said), status);
    let reversed = Paint::default().add_modifier(Modifier::REVERSED);
    let line = pad(&key_line(state, keys.width), keys.width);
    frame.render_widget(Line::styled(line, reversed), keys);
}

/// Columns that a text has in the pane of a terminal of this width.
pub(crate) fn pane_columns(width: u16) -> u16 {
    let list = if width < NARROW { 0 } else { LIST };
    width.saturating_sub(list + 2)
}

fn sums(state: &State, style: Style, width: u16) -> Line<'static> {
    let (points, max) = state.points();
    let done = state.exercises.iter().filter(|row| row.is_done()).count();
    let sum = format!(
        "Forklings  {points} of {max} points, {done} of {} exercises",
        state.exercises.len()
    );
    let room = usize::from(width).saturating_sub(sum.len() + 2).min(20);
    let filled = match max {
        0 => 0,
        _ => room * usize::try_from(points).unwrap_or(0) / usize::try_from(max).unwrap_or(1),
    };
    let (full, empty) = if style.unicode {
        ("█", "░")
    } else {
        ("#", ".")
    };
    let bar = format!("  {}{}", full.repeat(filled), empty.repeat(room - filled));
    let bold = Paint::default().add_modifier(Modifier::BOLD);
    Line::from(vec![Span::styled(sum, bold), Span::raw(bar)])
}

/// The list, with the present exercise in the middle where it does not fit.
fn exercises(state: &State, style: Style, height: u16) -> Paragraph<'static> {
    let mut lines = Vec::new();
    let mut lab = "";
    let mut present = 0;
    for (at, row) in state.exercises.iter().enumerate() {
        if row.lab != lab {
            lab = &row.lab;
            lines.push(Line::styled(
                cut(lab),
                Paint::default().add_modifier(Modifier::DIM),
            ));
        }
        if at == state.current {
            present = lines.len();
        }
        lines.push(listed(row, at == state.current, style));
    }
    let height = usize::from(height);
    let first = present
        .saturating_sub(height / 2)
        .min(lines.len().saturating_sub(height));
    Paragraph::new(lines.split_off(first))
}

fn listed(row: &Row, is_present: bool, style: Style) -> Line<'static> {
    let status = row.verdict.as_ref().map(|it| it.status);
    let sign = status.map_or(" ", |it| style.sign(it));
    let mark = if is_present { ">" } else { " " };
    let mut paint = match status.map(status_role) {
        Some(Role::Good) if style.colors => Paint::default().fg(Color::Green),
        Some(Role::Bad) if style.colors => Paint::default().fg(Color::Red),
        Some(Role::Notable) if style.colors => Paint::default().fg(Color::Yellow),
        _ => Paint::default(),
    };
    if is_present {
        paint = paint.add_modifier(Modifier::BOLD);
    }
    Line::styled(cut(&format!("{mark}{sign} {}", row.name)), paint)
}

fn cut(text: &str) -> String {
    text.chars().take(usize::from(LIST) - 1).collect()
}

/// The text of the pane, and how many of its lines are below the screen.
fn pane(state: &State, course: &Course, style: Style, area: Rect) -> (Paragraph<'static>, u16) {
    let style = Style {
        width: usize::from(area.width.saturating_sub(2)),
        ..style
    };
    let text = paint::text(
        &panes::text(state, course, style),
        area.width.saturating_sub(2),
    );
    // The last lines stay on the screen, however far somebody scrolls.
    let most = u16::try_from(text.lines.len()).unwrap_or(u16::MAX);
    let most = most.saturating_sub(area.height);
    let frame = Block::default().borders(Borders::LEFT);
    let frame = if style.unicode {
        frame
    } else {
        frame.border_set(ratatui::symbols::border::Set {
            vertical_left: "|",
            ..ratatui::symbols::border::PLAIN
        })
    };
    let scroll = state.scroll.min(most);
    let text = Paragraph::new(text)
        .block(frame.padding(ratatui::widgets::Padding::left(1)))
        .scroll((scroll, 0));
    (text, most - scroll)
}

fn key_line(state: &State, width: u16) -> String {
    let done = state.shown().verdict.as_ref();
    let done = done.is_some_and(|it| it.status == Status::Passed);
    let next = if done { "n next exercise" } else { "n next" };
    let hint = match state.pane {
        Pane::Hints => "h next hint",
        _ => "h hint",
    };
    let long = format!(
        " {next}  p previous  v verdict  t timeline  {hint}  e explain  r run  ? keys  q quit"
    );
    if long.len() <= usize::from(width) {
        return long;
    }
    format!(" {next}  t timeline  {hint}  ? keys  q quit")
}

fn pad(text: &str, width: u16) -> String {
    format!("{text:<width$}", width = usize::from(width))
}

#[cfg(test)]
mod tests;
