//! Text that somebody else wrote, made visible: nothing of it reaches the terminal as a command.
//!
//! A student's program can print anything: escape sequences that clear the screen or forge a green line, marks
//! that turn the direction of writing, bytes that are no text. All of it is shown as Rust would write it
//! in a string literal.

use super::style::Style;

/// One line of foreign text with every character that cannot be seen shown escaped.
#[must_use]
pub fn line(text: &str, style: Style) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        push(&mut shown, letter, style);
    }
    shown
}

/// Foreign text of several lines: each made visible, the line breaks kept.
#[must_use]
pub fn lines(text: &str, style: Style) -> String {
    let lines: Vec<String> = text.lines().map(|text| line(text, style)).collect();
    lines.join("\n")
}

/// The course's own text where the terminal knows ASCII only: the nearest ASCII for the signs that prose uses.
#[must_use]
pub fn own(text: &str, style: Style) -> String {
    if style.unicode || text.is_ascii() {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '…' => shown.push_str("..."),
            '–' | '—' | '−' => shown.push('-'),
            '‘' | '’' => shown.push('\''),
            '“' | '”' => shown.push('"'),
            '→' => shown.push_str("->"),
            '←' => shown.push_str("<-"),
            '≤' => shown.push_str("<="),
            '≥' => shown.push_str(">="),
            '×' => shown.push('x'),
            '·' => shown.push('-'),
            '\u{a0}' => shown.push(' '),
            _ if letter.is_ascii() => shown.push(letter),
            _ => shown.extend(letter.escape_default()),
        }
    }
    shown
}

fn push(shown: &mut String, letter: char, style: Style) {
    match letter {
        // `escape_debug` escapes these for the sake of literals; they can be seen.
        '\'' | '"' | '\\' => shown.push(letter),
        _ if letter.is_ascii() || style.unicode => shown.extend(letter.escape_debug()),
        _ => shown.extend(letter.escape_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, unicode: &str, ascii: &str) {
        let style = Style::plain();
        assert_eq!(line(text, style), unicode);
        let style = Style {
            unicode: false,
            ..style
        };
        assert_eq!(line(text, style), ascii);
    }

    #[test]
    fn text_is_shown_as_it_is() {
        check("a 'b' \"c\" \\d", "a 'b' \"c\" \\d", "a 'b' \"c\" \\d");
        check("naïve 漢", "naïve 漢", "na\\u{ef}ve \\u{6f22}");
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        check(
            "\u{1b}[2J\r\0\t\u{7f}\u{9b}1m",
            "\\u{1b}[2J\\r\\0\\t\\u{7f}\\u{9b}1m",
            "\\u{1b}[2J\\r\\0\\t\\u{7f}\\u{9b}1m",
        );
        check(
            "\u{202e}abc\u{2066}",
            "\\u{202e}abc\\u{2066}",
            "\\u{202e}abc\\u{2066}",
        );
        check(
            "a\u{301}\u{200b}",
            "a\\u{301}\\u{200b}",
            "a\\u{301}\\u{200b}",
        );
    }

    #[test]
    fn prose_has_an_ascii_form() {
        let style = Style {
            unicode: false,
            ..Style::plain()
        };
        assert_eq!(own("a → b … “c” — d’s", style), "a -> b ... \"c\" - d's");
    }
}
