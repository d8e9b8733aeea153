//! What the pages have in common: their head, and text made harmless.

use grader::report::style::Style;
use grader::report::visible;

/// The beginning of a page, up to its first heading. It loads nothing: the policy says so to the browser, too.
pub(super) fn head(title: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>\n{}</style></head>\n<body><main>\n",
        escaped(title),
        include_str!("page.css")
    )
}

/// Foreign text as text, wherever it stands in a page.
pub(super) fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for letter in visible::lines(text, Style::plain()).chars() {
        match letter {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            '\'' => shown.push_str("&#39;"),
            letter => shown.push(letter),
        }
    }
    shown
}
