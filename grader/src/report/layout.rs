//! Paragraphs and columns in a given width.
//!
//! Widths are those that a terminal shows: escape sequences for colors have none, wide letters have two.

use textwrap::{Options, WordSplitter};

/// What becomes of a word that is longer than a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LongWords {
    /// It stands out: a path or a command that somebody may want to copy.
    Keep,
    /// It is cut: foreign text can be one endless word.
    Cut,
}

/// The text as lines of at most `width` columns, each behind `indent` spaces. Line breaks in the text stay.
#[must_use]
pub fn paragraph(text: &str, width: usize, indent: usize, long: LongWords) -> String {
    let margin = " ".repeat(indent);
    hanging(text, width, &margin, &margin, long)
}

/// A paragraph whose first line begins with `first` and whose other lines begin with `rest`.
#[must_use]
pub fn hanging(text: &str, width: usize, first: &str, rest: &str, long: LongWords) -> String {
    let options = Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        // A name such as `hello-pipe` is not divided at its hyphen.
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(long == LongWords::Cut);
    let lines = textwrap::wrap(text, options);
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n")
}

/// How many columns the text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    textwrap::core::display_width(text)
}

/// The text and as many spaces as fill `columns`.
#[must_use]
pub fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_not_divided_and_endless_words_are() {
        let text = "see hello-pipe";
        assert_eq!(
            paragraph(text, 10, 2, LongWords::Keep),
            "  see\n  hello-pipe"
        );
        assert_eq!(paragraph("aaaaaaaa", 4, 0, LongWords::Cut), "aaaa\naaaa");
        assert_eq!(paragraph("aaaaaaaa", 4, 0, LongWords::Keep), "aaaaaaaa");
    }
}
