//! Text in SVG and HTML: whatever a program made up stays text.

use crate::report::style::Style;
use crate::report::visible;

/// Foreign text, for the inside of an element or of an attribute in quotation marks.
///
/// What cannot be seen, and with it everything that XML forbids, is shown escaped as a Rust string literal would.
#[must_use]
pub fn text(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in visible::line(text, Style::plain()).chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

/// Several foreign texts as the lines of one attribute.
#[must_use]
pub fn lines(texts: &[String]) -> String {
    let lines: Vec<String> = texts.iter().map(|it| text(it)).collect();
    lines.join("&#10;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            text("</script><b a='\"'>&"),
            "&lt;/script&gt;&lt;b a=&#39;&quot;&#39;&gt;&amp;"
        );
    }

    #[test]
    fn what_xml_forbids_is_shown() {
        assert_eq!(
            text("\0\u{1}\u{b}\u{fffe}\u{ffff}\u{202e}"),
            "\\0\\u{1}\\u{b}\\u{fffe}\\u{ffff}\\u{202e}"
        );
        assert_eq!(lines(&["a\nb".to_owned(), "c".to_owned()]), "a\\nb&#10;c");
    }
}
