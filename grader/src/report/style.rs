//! What the reader's terminal can show, and the few colors and signs that reports use.
//!
//! A sign or a color never says anything that a word beside it does not say as well.

use console::Color;

use crate::verdict::Status;

/// Lines are never laid out wider than this: longer ones are hard to read.
const WIDEST: usize = 100;

/// Lines are never laid out narrower than this: below it, names and paths no longer fit.
const NARROWEST: usize = 40;

/// What the reader's terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns of a line.
    pub width: usize,
    /// Escape sequences for colors are understood.
    pub colors: bool,
    /// Characters beyond ASCII are understood.
    pub unicode: bool,
}

/// Why a piece of text stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It is as it should be.
    Good,
    /// It is not as it should be.
    Bad,
    /// It deserves a look.
    Notable,
    /// A heading, or what is to be read first.
    Strong,
    /// What can be skipped.
    Faint,
    /// Something to type, or a piece of a program.
    Code,
}

impl Style {
    /// A file or a pipe: 80 columns, no colors.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            width: 80,
            colors: false,
            unicode: true,
        }
    }

    /// The columns to fill: the terminal's, within what can be read well.
    #[must_use]
    pub fn columns(self) -> usize {
        self.width.clamp(NARROWEST, WIDEST)
    }

    /// The text in its color, or as it is where there are no colors.
    #[must_use]
    pub fn paint(self, role: Role, text: &str) -> String {
        if !self.colors || text.is_empty() {
            return text.to_owned();
        }
        let plain = console::Style::new().force_styling(true);
        let style = match role {
            Role::Good => plain.fg(Color::Green),
            Role::Bad => plain.fg(Color::Red),
            Role::Notable => plain.fg(Color::Yellow),
            Role::Strong => plain.bold(),
            Role::Faint => plain.dim(),
            Role::Code => plain.fg(Color::Cyan),
        };
        style.apply_to(text).to_string()
    }

    /// The sign that stands for a status.
    #[must_use]
    pub fn sign(self, status: Status) -> &'static str {
        let (sign, ascii) = match status {
            Status::Passed => ("✓", "+"),
            Status::Failed => ("✗", "x"),
            Status::DoesNotCompile => ("✗", "!"),
            Status::NotAttempted => ("·", "-"),
            Status::NotObserved => ("?", "?"),
        };
        if self.unicode { sign } else { ascii }
    }

    /// The mark of something left out.
    #[must_use]
    pub fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}

/// The words that say a status.
#[must_use]
pub fn status_words(status: Status) -> &'static str {
    match status {
        Status::Passed => "passed",
        Status::Failed => "failed",
        Status::DoesNotCompile => "does not compile",
        Status::NotAttempted => "not attempted",
        Status::NotObserved => "not observed",
    }
}

/// The role of a status' words.
#[must_use]
pub fn status_role(status: Status) -> Role {
    match status {
        Status::Passed => Role::Good,
        Status::Failed | Status::DoesNotCompile => Role::Bad,
        Status::NotAttempted => Role::Faint,
        Status::NotObserved => Role::Notable,
    }
}

/// A number with its noun, in the singular where the number is one.
#[must_use]
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `1 point`, `2 points`.
#[must_use]
pub fn points(number: u32) -> String {
    format!("{number} {}", if number == 1 { "point" } else { "points" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colors_text_is_as_it_is() {
        let style = Style::plain();
        assert_eq!(style.paint(Role::Bad, "x"), "x");
        let colored = Style {
            colors: true,
            ..style
        };
        assert_eq!(colored.paint(Role::Bad, "x"), "\u{1b}[31mx\u{1b}[0m");
    }

    #[test]
    fn the_columns_stay_within_what_can_be_read() {
        let columns = |width| {
            Style {
                width,
                ..Style::plain()
            }
            .columns()
        };
        assert_eq!([columns(0), columns(80), columns(500)], [40, 80, 100]);
    }
}
