//! The grader's texts with their colors, for the screen.
//!
//! The only escape sequences in these texts are the grader's own: what a program printed was made visible before.

use console::AnsiCodeIterator;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span, Text};

/// The text with its colors.
pub(crate) fn text(painted: &str) -> Text<'static> {
    let mut style = Style::default();
    let lines = painted.lines().map(|line| {
        let mut spans = Vec::new();
        for (part, is_code) in AnsiCodeIterator::new(line) {
            if is_code {
                style = apply(style, part);
            } else {
                spans.push(Span::styled(part.to_owned(), style));
            }
        }
        Line::from(spans)
    });
    Text::from(lines.collect::<Vec<_>>())
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
        let text = text("a \x1b[1;31mb\x1b[0m c\nd");
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
}
