//! The grader's texts with their colors, for the screen.
//!
//! The only escape sequences in these texts are the grader's own: what a program printed was made visible before.

use console::AnsiCodeIterator;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};

/// The text with its colors, in lines of at most `width` columns: what is longer goes on in the next line.
pub(crate) fn text(painted: &str, width: u16) -> Text<'static> {
    let width = usize::from(width.max(1));
    let mut style = Style::default();
    let mut lines = Vec::new();
    for line in painted.lines() {
        let (mut spans, mut room) = (Vec::new(), width);
        for (part, is_code) in AnsiCodeIterator::new(line) {
            if is_code {
                style = apply(style, part);
                continue;
            }
            let mut rest = part;
            while !rest.is_empty() {
                let (now, later) = split(rest, room, room == width);
                room -= Span::raw(now).width().min(room);
                spans.push(Span::styled(now.to_owned(), style));
                rest = later;
                if !rest.is_empty() {
                    lines.push(Line::from(std::mem::take(&mut spans)));
                    room = width;
                }
            }
        }
        lines.push(Line::from(spans));
    }
    Text::from(lines)
}

/// As many letters as fit, at least one where the whole line is free, and the rest.
fn split(text: &str, room: usize, is_free: bool) -> (&str, &str) {
    let mut columns = 0;
    for (at, letter) in text.char_indices() {
        columns += Span::raw(&*letter.encode_utf8(&mut [0; 4])).width();
        if columns > room && (at > 0 || !is_free) {
            return text.split_at(at);
        }
    }
    (text, "")
}

fn apply(style: Style, code: &str) -> Style {
    let numbers = code.trim_start_matches("\x1b[").trim_end_matches('m');
    numbers
        .split(';')
        .fold(style, |style, number| match number {
            "" | "0" => Style::default(),
            "1" => style.add_modifier(Modifier::BOLD),
            "2" => style.add_modifier(Modifier::DIM),
            "31" => style.fg(Color::Red),
            "32" => style.fg(Color::Green),
            "33" => style.fg(Color::Yellow),
            "36" => style.fg(Color::Cyan),
            _ => style,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grader_s_colors_are_the_screen_s() {
        let text = text("a \x1b[1;31mb\x1b[0m c\nd", 80);
        let first: Vec<(&str, Style)> = text.lines[0]
            .spans
            .iter()
            .map(|span| (span.content.as_ref(), span.style))
            .collect();
        let red = Style::default().fg(Color::Red).add_modifier(Modifier::BOLD);
        let plain = Style::default();
        assert_eq!(first, [("a ", plain), ("b", red), (" c", plain)]);
        assert_eq!(text.lines.len(), 2);
    }

    #[track_caller]
    fn check(painted: &str, width: u16, expected: &[&str]) {
        let text = text(painted, width);
        let lines: Vec<String> = text.lines.iter().map(ToString::to_string).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn long_lines_go_on_below() {
        check("abcdef", 4, &["abcd", "ef"]);
        check("ab\x1b[1mcdef\x1b[0mg", 3, &["abc", "def", "g"]);
        check("", 3, &[]);
        check("a\n\nb", 3, &["a", "", "b"]);
        check("漢字漢", 4, &["漢字", "漢"]);
    }

    #[test]
    fn a_letter_that_is_wider_than_the_pane_ends_nothing() {
        check("漢a", 1, &["漢", "a"]);
    }
}
