//! The lanes as rows of signs.

use crate::report::style::{Role, Style};
use crate::report::visible;
use crate::timeline::picture::{ArrowKind, Lane, Picture, PointKind, Row, SegmentKind};

/// The signs of a lane: what it means, in Unicode, in ASCII.
const SIGNS: [(Sign, char, char, &str); 15] = [
    (Sign::Runs, '━', '=', "runs"),
    (Sign::Many, '═', '#', "alike"),
    (Sign::Waits, '┄', '.', "waits"),
    (Sign::Stopped, '▪', '-', "stopped"),
    (Sign::Zombie, '░', '%', "zombie"),
    (Sign::Fork, '┳', '+', "forks"),
    (Sign::Birth, '┗', '+', ""),
    (Sign::Line, '│', '|', ""),
    (Sign::Reap, '┻', '^', "reaps"),
    (Sign::Reaped, '┛', '^', ""),
    (Sign::Exec, '»', '>', "exec"),
    (Sign::Signal, '▼', '!', "signal sent"),
    (Sign::Arrived, '◆', '*', "signal arrives"),
    (Sign::Good, '●', 'o', "ends"),
    (Sign::Bad, '✗', 'x', "ends in failure"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Runs,
    Many,
    Waits,
    Stopped,
    Zombie,
    Fork,
    Birth,
    Line,
    Reap,
    Reaped,
    Exec,
    Signal,
    Arrived,
    Good,
    Bad,
}

impl Sign {
    fn letter(self, style: Style) -> char {
        let known = SIGNS.iter().find(|(sign, ..)| *sign == self);
        known.map_or(
            ' ',
            |(_, unicode, ascii, _)| {
                if style.unicode { *unicode } else { *ascii }
            },
        )
    }

    fn role(self) -> Option<Role> {
        match self {
            Self::Runs | Self::Many | Self::Good => Some(Role::Good),
            Self::Bad => Some(Role::Bad),
            Self::Zombie | Self::Signal | Self::Arrived => Some(Role::Notable),
            Self::Waits | Self::Stopped | Self::Line => Some(Role::Faint),
            Self::Exec => Some(Role::Code),
            Self::Fork | Self::Birth | Self::Reap | Self::Reaped => None,
        }
    }
}

/// One column of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Empty,
    Sign(Sign),
    /// A letter of a call's name.
    Letter(char),
    /// The number of a diagnosis.
    Number(char),
}

/// Which part of the width a column is.
#[expect(
    clippy::cast_precision_loss,
    reason = "a terminal is no wider than 2^52"
)]
pub(super) fn part(column: usize, columns: usize) -> f64 {
    column as f64 / columns.saturating_sub(1).max(1) as f64
}

/// The column of a place.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place is between 0 and 1, and a terminal no wider than 2^52"
)]
fn column(place: f64, columns: usize) -> usize {
    (place * columns.saturating_sub(1) as f64).round() as usize
}

/// The signs of every row.
#[derive(Debug)]
pub(super) struct Grid {
    rows: Vec<Vec<Cell>>,
}

impl Grid {
    /// Draws the first rows of a picture.
    pub(super) fn of(picture: &Picture, columns: usize, rows: usize) -> Self {
        let rows = &picture.rows[..picture.rows.len().min(rows)];
        let mut grid = Self {
            rows: vec![vec![Cell::Empty; columns]; rows.len()],
        };
        let at = |moment| column(picture.scale.place(moment), columns);
        for (row, it) in rows.iter().enumerate() {
            match it {
                Row::One(lane) => grid.draw_lane(row, &picture.lanes[*lane], &at),
                Row::Alike(lanes) => grid.draw_alike(row, picture, lanes, &at),
            }
        }
        grid.draw_arrows(picture, &at);
        for (row, it) in rows.iter().enumerate() {
            for lane in it.members() {
                for (number, moment) in picture.diagnosed(picture.lanes[*lane].process) {
                    grid.draw_number(row, at(moment), number);
                }
            }
            if let Row::One(lane) = it {
                for segment in &picture.lanes[*lane].segments {
                    grid.write(row, at(segment.from), at(segment.until), &segment.short);
                }
            }
        }
        grid
    }

    /// A row as text, neighbors of one color painted together.
    pub(super) fn paint(&self, row: usize, style: Style) -> String {
        let mut shown = String::new();
        let cells = self.rows.get(row).map_or(&[][..], Vec::as_slice);
        for cells in cells.chunk_by(|one, other| role(*one) == role(*other)) {
            let text: String = cells.iter().map(|cell| letter(*cell, style)).collect();
            match cells.first().copied().and_then(role) {
                Some(role) => shown.push_str(&style.paint(role, &text)),
                None => shown.push_str(&text),
            }
        }
        shown.trim_end().to_owned()
    }

    /// The signs that were used, and what they mean.
    pub(super) fn meanings(&self, style: Style) -> impl Iterator<Item = (char, &'static str)> {
        let used = |sign: Sign| {
            let mut cells = self.rows.iter().flatten();
            cells.any(|cell| *cell == Cell::Sign(sign))
        };
        let known = SIGNS.iter().filter(|(.., meaning)| !meaning.is_empty());
        let known = known.filter(move |(sign, ..)| used(*sign));
        known.map(move |(sign, .., meaning)| (sign.letter(style), *meaning))
    }

    /// The number of a diagnosis. Two at one place stand side by side.
    fn draw_number(&mut self, row: usize, column: usize, number: usize) {
        let digit = u32::try_from(number).ok();
        let digit = digit.and_then(|it| char::from_digit(it, 10));
        let mut free = self.rows[row].iter_mut().skip(column);
        let free = free.find(|cell| !matches!(cell, Cell::Number(_)));
        if let Some(free) = free {
            *free = Cell::Number(digit.unwrap_or('+'));
        }
    }

    fn fill(&mut self, row: usize, from: usize, until: usize, sign: Sign) {
        let cells = &mut self.rows[row];
        let until = until.min(cells.len().saturating_sub(1));
        for cell in cells.iter_mut().take(until + 1).skip(from) {
            *cell = Cell::Sign(sign);
        }
    }

    fn put(&mut self, row: usize, column: usize, sign: Sign) {
        if let Some(cell) = self.rows[row].get_mut(column) {
            *cell = Cell::Sign(sign);
        }
    }

    fn draw_lane(&mut self, row: usize, lane: &Lane, at: &dyn Fn(u64) -> usize) {
        self.fill(row, at(lane.born), at(lane.until), Sign::Runs);
        if let Some((from, until)) = lane.zombie {
            self.fill(row, at(from), at(until), Sign::Zombie);
        }
        for segment in &lane.segments {
            let (from, until) = (at(segment.from), at(segment.until));
            let sign = match segment.kind {
                SegmentKind::Call | SegmentKind::Transfer => Sign::Waits,
                SegmentKind::Stopped => Sign::Stopped,
            };
            if from == until && segment.returned {
                continue;
            }
            // The first column is the moment at which the process still ran.
            self.fill(row, (from + 1).min(until), until, sign);
        }
        for point in &lane.points {
            let sign = match point.kind {
                PointKind::Exec => Sign::Exec,
                PointKind::Exited => Sign::Good,
                PointKind::Failed => Sign::Bad,
                PointKind::Sent => Sign::Signal,
                // That a child has ended is drawn at the child.
                PointKind::Received if point.said.starts_with("gets SIGCHLD") => continue,
                PointKind::Received => Sign::Arrived,
                _ => continue,
            };
            self.put(row, at(point.at), sign);
        }
    }

    /// The call's name inside its segment, where nothing else stands: all of it, or its first word, or nothing.
    fn write(&mut self, row: usize, from: usize, until: usize, short: &str) {
        let style = Style {
            unicode: false,
            ..Style::plain()
        };
        let text = visible::line(short, style);
        let word = text.split(' ').next().unwrap_or_default();
        let cells = &mut self.rows[row];
        let until = until.min(cells.len().saturating_sub(1));
        for text in [text.as_str(), word] {
            // A column before it shows what the letters stand in.
            let needed = text.len() + 1;
            let mut starts = from..(until + 2).saturating_sub(needed);
            let free = |cell: &Cell| *cell == Cell::Sign(Sign::Waits);
            let Some(start) = starts.find(|start| cells[*start..start + needed].iter().all(free))
            else {
                continue;
            };
            for (cell, letter) in cells.iter_mut().skip(start + 1).zip(text.chars()) {
                *cell = Cell::Letter(letter);
            }
            return;
        }
    }

    /// Many lanes in one row: from the first birth to the last end, and until the last was reaped.
    fn draw_alike(
        &mut self,
        row: usize,
        picture: &Picture,
        members: &[usize],
        at: &dyn Fn(u64) -> usize,
    ) {
        let lanes = || members.iter().map(|member| &picture.lanes[*member]);
        let born = lanes().map(|lane| lane.born).min().unwrap_or(0);
        let until = lanes().map(|lane| lane.until).max().unwrap_or(0);
        let gone = lanes().filter_map(|lane| lane.zombie.map(|(_, until)| until));
        if let Some(gone) = gone.max().filter(|gone| *gone > until) {
            self.fill(row, at(until), at(gone), Sign::Zombie);
        }
        self.fill(row, at(born), at(until), Sign::Many);
        let sign = lanes().find_map(|lane| {
            let last = lane.points.iter().rev();
            let mut ends = last.filter_map(|point| match point.kind {
                PointKind::Exited => Some(Sign::Good),
                PointKind::Failed => Some(Sign::Bad),
                _ => None,
            });
            ends.next()
        });
        if let Some(sign) = sign {
            self.put(row, at(until), sign);
        }
    }

    fn draw_arrows(&mut self, picture: &Picture, at: &dyn Fn(u64) -> usize) {
        let rows = picture.row_of_lane();
        let lanes = picture.lane_of_process();
        let drawn = self.rows.len();
        let row_of = |process: usize| {
            let lane = lanes.get(process).copied().flatten();
            lane.map(|lane| rows[lane]).filter(|row| *row < drawn)
        };
        for arrow in &picture.arrows {
            let (Some(from), Some(to)) = (row_of(arrow.from.process), row_of(arrow.to.process))
            else {
                continue;
            };
            let is_alike = |row: usize| matches!(picture.rows[row], Row::Alike(_));
            let column = at(arrow.from.at);
            for row in from.min(to) + 1..from.max(to) {
                if self.rows[row].get(column) == Some(&Cell::Empty) {
                    self.put(row, column, Sign::Line);
                }
            }
            match arrow.kind {
                ArrowKind::Fork => {
                    self.put(from, column, Sign::Fork);
                    if !is_alike(to) || self.is_first(to, column) {
                        self.put(to, column, Sign::Birth);
                    }
                }
                ArrowKind::Reap => {
                    self.put(to, column, Sign::Reap);
                    if !is_alike(from) && !self.is_end(from, column) {
                        self.put(from, column, Sign::Reaped);
                    }
                }
                ArrowKind::Signal => {}
            }
        }
    }

    /// Whether nothing of the row is to the left of the column.
    fn is_first(&self, row: usize, column: usize) -> bool {
        let before = self.rows[row].iter().take(column);
        before.into_iter().all(|cell| *cell == Cell::Empty)
    }

    fn is_end(&self, row: usize, column: usize) -> bool {
        matches!(
            self.rows[row].get(column),
            Some(Cell::Sign(Sign::Good | Sign::Bad))
        )
    }
}

fn role(cell: Cell) -> Option<Role> {
    match cell {
        Cell::Empty | Cell::Letter(_) => None,
        Cell::Sign(sign) => sign.role(),
        Cell::Number(_) => Some(Role::Bad),
    }
}

fn letter(cell: Cell, style: Style) -> char {
    match cell {
        Cell::Empty => ' ',
        Cell::Sign(sign) => sign.letter(style),
        Cell::Letter(letter) | Cell::Number(letter) => letter,
    }
}
