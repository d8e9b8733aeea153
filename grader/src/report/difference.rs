//! The difference between what was expected and what was seen, line by line.
//!
//! Lines that were expected and not seen begin with `-`, lines that were seen and not expected with `+`. However
//! much a program prints, a screenful at most is shown, and what is left out is counted.

use similar::{Algorithm, DiffOp};

use super::layout;
use super::style::{Role, Style, count};
use super::visible;
use crate::verdict::Difference;

/// Equal lines shown around a change.
const CONTEXT: usize = 3;

/// Lines shown: the first of a long difference, and the last.
const SHOWN: (usize, usize) = (24, 8);

/// Differing lines compared with each other on each side. The comparison takes the square of it.
const COMPARED: usize = 1000;

/// Letters shown before the place where two long lines begin to differ.
const LEAD: usize = 12;

/// One line of the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Line<'a> {
    side: Side,
    text: &'a str,
    /// How many letters are equal in the line that stands opposite.
    equal: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Both,
    Expected,
    Seen,
}

/// What is shown: a line, or how much is left out.
#[derive(Debug)]
enum Row<'a> {
    Line(Line<'a>),
    Equal(usize),
    Omitted { expected: usize, seen: usize },
}

/// The difference as lines behind `indent` spaces; empty where there is none.
#[must_use]
pub fn render(difference: &Difference, style: Style, indent: usize) -> String {
    let Difference { expected, seen } = difference;
    let margin = " ".repeat(indent);
    let columns = style.columns().saturating_sub(indent + 2);
    let mut shown: Vec<String> = rows(expected, seen)
        .iter()
        .map(|row| format!("{margin}{}", show(row, columns, style)))
        .collect();
    if shown.is_empty() && expected != seen {
        let side = if seen.ends_with('\n') {
            "seen"
        } else {
            "expected"
        };
        let text = format!("{side}: a newline at the very end");
        shown.push(format!("{margin}{}", style.paint(Role::Faint, &text)));
    }
    shown.join("\n")
}

fn rows<'a>(expected: &'a str, seen: &'a str) -> Vec<Row<'a>> {
    let (expected, seen) = (split(expected), split(seen));
    let before = expected
        .iter()
        .zip(&seen)
        .take_while(|(left, right)| left == right)
        .count();
    let after = expected[before..]
        .iter()
        .rev()
        .zip(seen[before..].iter().rev())
        .take_while(|(left, right)| left == right)
        .count();
    let old = &expected[before..expected.len() - after];
    let new = &seen[before..seen.len() - after];
    if old.is_empty() && new.is_empty() {
        return Vec::new();
    }
    let compared = compare(
        &old[..old.len().min(COMPARED)],
        &new[..new.len().min(COMPARED)],
    );
    let uncompared = (
        old.len().saturating_sub(COMPARED),
        new.len().saturating_sub(COMPARED),
    );

    let both = |text: &&'a str| Line {
        side: Side::Both,
        text,
        equal: 0,
    };
    let head = expected[..before].iter().map(both);
    let tail = expected[expected.len() - after..].iter().map(both);
    let mut rows = Vec::new();
    if uncompared == (0, 0) {
        let lines: Vec<Line<'a>> = head.chain(compared).chain(tail).collect();
        push_runs(&mut rows, &lines);
        cut_middle(rows)
    } else {
        let lines: Vec<Line<'a>> = head.chain(compared).collect();
        push_runs(&mut rows, &lines);
        let (expected, seen) = uncompared;
        rows.push(Row::Omitted { expected, seen });
        push_runs(&mut rows, &tail.collect::<Vec<_>>());
        cut_middle(rows)
    }
}

/// The lines of a text. A carriage return is part of its line: it is a difference worth seeing.
fn split(text: &str) -> Vec<&str> {
    if text.is_empty() {
        return Vec::new();
    }
    text.strip_suffix('\n')
        .unwrap_or(text)
        .split('\n')
        .collect()
}

fn compare<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for op in similar::capture_diff_slices(Algorithm::Myers, old, new) {
        let (old, new) = (&old[op.old_range()], &new[op.new_range()]);
        if let DiffOp::Equal { .. } = op {
            lines.extend(old.iter().map(|text| Line {
                side: Side::Both,
                text,
                equal: 0,
            }));
            continue;
        }
        let sides = [(Side::Expected, old, new), (Side::Seen, new, old)];
        for (side, these, opposite) in sides {
            lines.extend(these.iter().enumerate().map(|(index, text)| {
                Line {
                    side,
                    text,
                    equal: opposite
                        .get(index)
                        .map_or(0, |other| equal_letters(text, other)),
                }
            }));
        }
    }
    lines
}

fn equal_letters(left: &str, right: &str) -> usize {
    let pairs = left.chars().zip(right.chars());
    pairs.take_while(|(left, right)| left == right).count()
}

/// Adds the lines, with long runs of equal lines reduced to what surrounds the changes.
fn push_runs<'a>(rows: &mut Vec<Row<'a>>, lines: &[Line<'a>]) {
    let near = |index: usize| {
        let from = index.saturating_sub(CONTEXT);
        let to = (index + CONTEXT + 1).min(lines.len());
        lines[from..to].iter().any(|line| line.side != Side::Both)
    };
    for (index, line) in lines.iter().enumerate() {
        // A line between two that are shown takes no more room than saying that it is left out.
        let lonely = (index == 0 || near(index - 1)) && near((index + 1).min(lines.len() - 1));
        if near(index) || lonely {
            rows.push(Row::Line(*line));
        } else if let Some(Row::Equal(count)) = rows.last_mut() {
            *count += 1;
        } else {
            rows.push(Row::Equal(1));
        }
    }
}

/// Leaves out the middle of a difference that is longer than a screenful.
fn cut_middle(mut rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    let (first, last) = SHOWN;
    if rows.len() <= first + last + 1 {
        return rows;
    }
    let tail = rows.split_off(rows.len() - last);
    let (mut expected, mut seen) = (0, 0);
    for row in rows.drain(first..) {
        match row {
            Row::Line(line) => match line.side {
                Side::Expected => expected += 1,
                Side::Seen => seen += 1,
                Side::Both => {
                    expected += 1;
                    seen += 1;
                }
            },
            Row::Equal(count) => {
                expected += count;
                seen += count;
            }
            Row::Omitted {
                expected: more_expected,
                seen: more_seen,
            } => {
                expected += more_expected;
                seen += more_seen;
            }
        }
    }
    rows.push(Row::Omitted { expected, seen });
    rows.extend(tail);
    rows
}

fn show(row: &Row<'_>, columns: usize, style: Style) -> String {
    let dots = style.ellipsis();
    match row {
        Row::Line(line) => show_line(line, columns, style),
        Row::Equal(number) => {
            let lines = count(*number, "equal line", "equal lines");
            style.paint(Role::Faint, &format!("{dots} {lines}"))
        }
        Row::Omitted { expected, seen } => {
            let text = match (*expected, *seen) {
                (expected, 0) => format!("{dots} {} more expected", lines(expected)),
                (0, seen) => format!("{dots} {} more seen", lines(seen)),
                (expected, seen) => {
                    format!("{dots} {} expected, {} seen", lines(expected), lines(seen))
                }
            };
            style.paint(Role::Faint, &text)
        }
    }
}

fn lines(number: usize) -> String {
    count(number, "line", "lines")
}

fn show_line(line: &Line<'_>, columns: usize, style: Style) -> String {
    let (mark, role) = match line.side {
        Side::Both => (" ", Role::Faint),
        Side::Expected => ("-", Role::Good),
        Side::Seen => ("+", Role::Bad),
    };
    let text = if line.text.is_empty() && line.side != Side::Both {
        "(an empty line)".to_owned()
    } else {
        let equal = equal_shown(line, style);
        shorten(&show_text(line.text, style), equal, columns, style)
    };
    let shown = format!("{mark} {text}");
    style.paint(role, shown.trim_end())
}

/// The line with spaces at its end made visible: they are a difference that nobody sees.
fn show_text(text: &str, style: Style) -> String {
    let seen = text.trim_end_matches(' ');
    let spaces = "\\x20".repeat(text.len() - seen.len());
    visible::line(seen, style) + &spaces
}

/// How many letters of the line as it is shown are equal in the opposite line.
fn equal_shown(line: &Line<'_>, style: Style) -> usize {
    let equal: String = line.text.chars().take(line.equal).collect();
    visible::line(&equal, style).chars().count()
}

/// At most `columns` of the line: its beginning and end, or the place where it begins to differ.
fn shorten(text: &str, equal: usize, columns: usize, style: Style) -> String {
    if layout::width(text) <= columns {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let dots = style.ellipsis();
    let omission = |letters: usize| format!("{dots}{letters} more{dots}");
    let room = columns.saturating_sub(omission(letters.len()).len());
    if equal + LEAD < room * 3 / 4 {
        let head = fill(letters.iter(), room * 3 / 4);
        let tail = fill(letters[head..].iter().rev(), room / 4);
        let omitted = letters.len() - head - tail;
        return collect(&letters[..head])
            + &omission(omitted)
            + &collect(&letters[head + omitted..]);
    }
    let start = equal.saturating_sub(LEAD);
    let rest = fill(letters[start..].iter(), room);
    let end = start + rest;
    if end == letters.len() {
        return omission(start) + &collect(&letters[start..]);
    }
    let room = room.saturating_sub(omission(letters.len()).len());
    let end = start + fill(letters[start..].iter(), room);
    omission(start) + &collect(&letters[start..end]) + &omission(letters.len() - end)
}

/// How many letters fit.
fn fill<'a>(letters: impl Iterator<Item = &'a char>, columns: usize) -> usize {
    let mut filled = 0;
    letters
        .take_while(|letter| {
            filled += layout::width(letter.encode_utf8(&mut [0; 4]));
            filled <= columns
        })
        .count()
}

fn collect(letters: &[char]) -> String {
    letters.iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NARROW: Style = Style {
        width: 44,
        colors: false,
        unicode: true,
    };

    fn shown(expected: &str, seen: &str) -> String {
        let difference = Difference {
            expected: expected.to_owned(),
            seen: seen.to_owned(),
        };
        render(&difference, NARROW, 2)
    }

    #[test]
    fn a_changed_line_stands_between_its_neighbours() {
        insta::assert_snapshot!(shown("a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nd\nE\nf\ng"), @"
          a
          b
          c
          d
        - e
        + E
          f
          g
        ");
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        insta::assert_snapshot!(shown("a\nb\nc", "a \nb\r\nc\n\n\u{1b}[2J"), @r"
        - a
        - b
        + a\x20
        + b\r
          c
        + (an empty line)
        + \u{1b}[2J
        ");
    }

    #[test]
    fn a_newline_at_the_end_is_a_difference_where_there_is_no_other() {
        insta::assert_snapshot!(shown("a", "a\n"), @"  seen: a newline at the very end");
        insta::assert_snapshot!(shown("a\n", "b"), @"
        - a
        + b
        ");
        assert_eq!(shown("a\n", "a\n"), "");
    }

    #[test]
    fn nothing_seen_is_only_expected_lines() {
        insta::assert_snapshot!(shown("a\nb\n", ""), @"
        - a
        - b
        ");
    }

    #[test]
    fn long_lines_show_where_they_differ() {
        let long = "x".repeat(300);
        let expected =
            format!("early difference {long} end\n{long} late difference {long}\n{long}z");
        let seen = format!("early mistake {long} end\n{long} late mistake {long}\n{long}y");
        insta::assert_snapshot!(shown(&expected, &seen), @"
        - early difference xx…296 more…xx end
        - …294 more…xxxxxx late …311 more…
        - …288 more…xxxxxxxxxxxxz
        + early mistake xxxxx…293 more…xx end
        + …294 more…xxxxxx late …308 more…
        + …288 more…xxxxxxxxxxxxy
        ");
    }

    #[test]
    fn endless_output_is_a_screenful() {
        let text = shown("one\n", &"y\n".repeat(300_000));
        assert!(text.lines().count() <= SHOWN.0 + SHOWN.1 + 1, "{text}");
        assert!(text.contains("lines more seen"), "{text}");
        for line in text.lines() {
            assert!(layout::width(line) <= 44, "{line}");
        }
    }

    #[test]
    fn far_lines_are_counted() {
        let expected: String = (0..100).map(|number| format!("{number}\n")).collect();
        let seen = expected.replace("\n50\n", "\nfifty\n");
        insta::assert_snapshot!(shown(&expected, &seen), @"
        … 47 equal lines
          47
          48
          49
        - 50
        + fifty
          51
          52
          53
        … 46 equal lines
        ");
    }
}
