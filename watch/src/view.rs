//! Where on the screen things are: the sums above, the exercises to the left, the pane beside them, the keys below.

use grader::course::Course;
use grader::report::style::{Role, Style, status_role};
use grader::verdict::Status;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style as Paint};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Paragraph};

use crate::state::{Pane, Row, State, Work};
use crate::{paint, panes};

/// Columns of the list.
const LIST: u16 = 26;

/// Below this width there is no list: the pane needs the columns.
const NARROW: u16 = 70;

/// Below this width there is none beside a pane that needs eighty columns.
const WIDE: u16 = LIST + 82;

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
    let list = list_columns(middle.width, wants_width(state));
    let columns = [Constraint::Length(list), Constraint::Min(1)];
    let [left, right] = Layout::horizontal(columns).areas(middle);
    if list > 0 {
        frame.render_widget(exercises(state, style, left.height), left);
    }
    let (text, below) = pane(state, course, style, right, PaneFrame::beside(list));
    frame.render_widget(text, right);
    let mut said = panes::status(state);
    if below > 0 {
        let lines = if below == 1 { "line" } else { "lines" };
        said = format!("{said}  ({below} more {lines} below: Down, PgDn)");
    }
    frame.render_widget(Line::from(said), status);
    let reversed = Paint::default().add_modifier(Modifier::REVERSED);
    let line = pad(&key_line(state, keys.width), keys.width);
    frame.render_widget(Line::styled(line, reversed), keys);
}

/// Columns that the text which a command makes has in a terminal of this width.
pub(crate) fn columns_for(work: &Work, width: u16) -> u16 {
    let is_wide = matches!(work, Work::Draw(_) | Work::Compare(_));
    let list = list_columns(width, is_wide);
    width.saturating_sub(list + PaneFrame::beside(list).columns())
}

/// Columns of the list: none where the pane needs them.
fn list_columns(width: u16, pane_is_wide: bool) -> u16 {
    let least = if pane_is_wide { WIDE } else { NARROW };
    if width < least { 0 } else { LIST }
}

/// Whether the pane shows what was made for eighty columns: a picture, source text, the compiler's message.
fn wants_width(state: &State) -> bool {
    let status = state.shown().verdict.as_ref().map(|it| it.status);
    match state.pane {
        Pane::Timeline | Pane::Comparison => true,
        Pane::Verdict => status == Some(Status::DoesNotCompile),
        Pane::Hints | Pane::Explanation | Pane::Help => false,
    }
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
fn pane(
    state: &State,
    course: &Course,
    style: Style,
    area: Rect,
    frame: PaneFrame,
) -> (Paragraph<'static>, u16) {
    let room = area.width.saturating_sub(frame.columns());
    let style = Style {
        width: usize::from(room),
        ..style
    };
    let text = paint::text(&panes::text(state, course, style), room);
    // The last lines stay on the screen, however far somebody scrolls.
    let most = u16::try_from(text.lines.len()).unwrap_or(u16::MAX);
    let most = most.saturating_sub(area.height);
    let scroll = state.scroll.min(most);
    let text = Paragraph::new(text).scroll((scroll, 0));
    let text = match frame {
        PaneFrame::None => text,
        PaneFrame::Left => text.block(left_line(style)),
    };
    (text, most - scroll)
}

/// What separates the pane from the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PaneFrame {
    /// There is no list.
    None,
    /// A line, and a column beside it.
    Left,
}

impl PaneFrame {
    fn beside(list: u16) -> Self {
        if list == 0 { Self::None } else { Self::Left }
    }

    fn columns(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Left => 2,
        }
    }
}

fn left_line(style: Style) -> Block<'static> {
    let line = Block::default().borders(Borders::LEFT);
    let line = if style.unicode {
        line
    } else {
        line.border_set(ratatui::symbols::border::Set {
            vertical_left: "|",
            ..ratatui::symbols::border::PLAIN
        })
    };
    line.padding(ratatui::widgets::Padding::left(1))
}

/// The keys that are of use now: as many as fit, the most useful ones.
fn key_line(state: &State, width: u16) -> String {
    let done = state.shown().verdict.as_ref();
    let done = done.is_some_and(|it| it.status == Status::Passed);
    let found = state.shown().verdict.as_ref();
    let found = found.is_some_and(|it| !it.findings.is_empty());
    let next = if done { "n next exercise" } else { "n next" };
    let hint = match state.pane {
        Pane::Hints => "h next hint",
        _ => "h hint",
    };
    // With each key, how much it is missed where there is no room.
    let keys = [
        (state.pane != Pane::Verdict, 2, "v verdict"),
        (true, 3, next),
        (true, 7, "p previous"),
        (true, 3, "t timeline"),
        (!done, 3, hint),
        (found, 4, "e explain"),
        (state.can_compare(), 3, "c compare"),
        (true, 6, "r run"),
        (true, 0, "? keys"),
        (true, 1, "q quit"),
    ];
    let line = |least: i32| {
        let shown = keys
            .iter()
            .filter(|(is_there, rank, _)| *is_there && *rank <= least);
        let words: Vec<&str> = shown.map(|(.., word)| *word).collect();
        format!(" {}", words.join("  "))
    };
    let fits = |least: &i32| line(*least).len() <= usize::from(width);
    line((0..=7).rev().find(fits).unwrap_or(0))
}

fn pad(text: &str, width: u16) -> String {
    format!("{text:<width$}", width = usize::from(width))
}

#[cfg(test)]
mod tests;
