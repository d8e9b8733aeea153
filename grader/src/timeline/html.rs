//! The picture as a page that needs nothing but a browser: no network, no server, no script but its own.
//!
//! Everything is in the page as it is written; the script adds choosing, zooming and opening rows. Each part knows its
//! place twice, on the shortened axis and true to scale, and the style sheet picks one. The page's own policy lets
//! nothing run but the script whose hash it names: foreign text is escaped, and would stay inert if it were not.

use std::fmt::{Display, Write as _};

use sha2::{Digest as _, Sha256};

use super::glyph::{SHAPES, point_class};
use super::markup;
use super::picture::{Picture, PointKind};

const PALETTE: &str = include_str!("palette.css");
const LOOKS: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

mod stage;

/// The picture as an HTML document.
#[must_use]
pub fn render(picture: &Picture) -> String {
    let mut page = Page {
        picture,
        text: String::new(),
    };
    page.head();
    page.remarks();
    if !picture.rows.is_empty() {
        page.stage();
        page.below();
    }
    page.add(format_args!("<script>{SCRIPT}</script>\n</body>\n</html>"));
    page.text
}

/// A page that grows.
struct Page<'a> {
    picture: &'a Picture,
    text: String,
}

impl Page<'_> {
    fn add(&mut self, element: impl Display) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{element}");
    }

    fn head(&mut self) {
        let title = markup::text(&self.picture.title);
        let summary = markup::text(&self.picture.summary());
        let hash = base64(&Sha256::digest(SCRIPT.as_bytes()));
        self.add("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>");
        self.add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>");
        self.add(format_args!(
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             style-src 'unsafe-inline'; script-src 'sha256-{hash}'\"/>"
        ));
        self.add(format_args!("<title>{title}: timeline</title>"));
        self.add(format_args!(
            "<style>\n{PALETTE}{LOOKS}</style>\n</head>\n<body>"
        ));
        self.add(
            "<svg width=\"0\" height=\"0\" style=\"position:absolute\" aria-hidden=\"true\"><defs>",
        );
        for (_, class, shape) in SHAPES {
            self.add(format_args!("<path id=\"g-{class}\" d=\"{shape}\"/>"));
        }
        self.add("</defs></svg>");
        self.add(format_args!(
            "<header><h1>{title}</h1><p>{summary}</p></header>"
        ));
    }

    /// What was found, what was left, and what else is to be known.
    fn remarks(&mut self) {
        let picture = self.picture;
        if !picture.diagnoses.is_empty() {
            self.add("<ol class=\"found-list\">");
            for (found, number) in picture.diagnoses.iter().zip(1..) {
                let name = markup::text(&found.diagnosis);
                let message = markup::text(&found.message);
                let known = picture.lanes.iter().any(|lane| {
                    let mut here = picture.diagnosed(lane.process);
                    here.any(|(it, _)| it == number)
                });
                let name = if known {
                    format!("<a href=\"#found-{number}\">{name}</a>")
                } else {
                    format!("<b>{name}</b>")
                };
                self.add(format_args!("<li>{name}: {message}</li>"));
            }
            self.add("</ol>");
        }
        if !picture.leftovers.is_empty() {
            self.add("<ul class=\"left-list\"><li>Left behind</li>");
            for left in &picture.leftovers {
                self.add(format_args!("<li>{}</li>", markup::text(left)));
            }
            self.add("</ul>");
        }
        for note in &picture.notes {
            self.add(format_args!(
                "<p class=\"note\">note: {}</p>",
                markup::text(note)
            ));
        }
    }

    /// What was chosen, and what the signs mean.
    fn below(&mut self) {
        self.add("<div class=\"below\"><aside id=\"details\" aria-live=\"polite\"></aside><ul class=\"legend\" aria-label=\"Signs\">");
        let bars = [
            ("bar life", "runs"),
            ("seg call", "waits in a call"),
            ("seg io", "moves data"),
            ("seg stopped", "is stopped"),
            ("bar zombie", "a zombie"),
            ("seg call never", "never returned"),
            ("arrow fork down", "fork"),
            ("arrow reap up", "reap"),
            ("arrow signal down", "signal"),
        ];
        for (class, meaning) in bars {
            self.add(format_args!(
                "<li><span class=\"key\"><i class=\"{class}\"></i></span>{meaning}</li>"
            ));
        }
        let points = [
            PointKind::Exec,
            PointKind::Exited,
            PointKind::Failed,
            PointKind::Sent,
            PointKind::Received,
            PointKind::Refused,
        ];
        for kind in points {
            let (class, meaning) = (point_class(kind), title(kind));
            self.add(format_args!("<li><span class=\"key\"><i class=\"point {class}\"><svg viewBox=\"-7 -7 14 14\"><use href=\"#g-{class}\"/></svg></i></span>{meaning}</li>"));
        }
        self.add("</ul></div>");
    }
}

/// A kind of moment in a word or two.
fn title(kind: PointKind) -> &'static str {
    match kind {
        PointKind::Fork => "forks",
        PointKind::Exec => "runs a program",
        PointKind::Exited => "ends",
        PointKind::Failed => "ends in failure",
        PointKind::Reap => "reaps",
        PointKind::Sent => "sends a signal",
        PointKind::Received => "gets a signal",
        PointKind::Transfer => "moves data",
        PointKind::Refused => "a call fails",
        PointKind::Intervention => "the grader steps in",
        PointKind::Other => "something happens",
    }
}

/// Bytes in the letters of a content policy; see RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let letter = (bits >> (18 - 6 * at)) & 63;
            let letter = LETTERS.get(letter as usize).copied().unwrap_or(b'=');
            text.push(if at <= chunk.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_in_the_rfc() {
        let encoded = ["", "f", "fo", "foo", "foobar"].map(|text| base64(text.as_bytes()));
        assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYmFy"]);
    }

    #[test]
    fn the_script_cannot_end_its_element() {
        assert!(!SCRIPT.contains("</") && !SCRIPT.contains("<!--"));
        assert!(!LOOKS.contains("</") && !PALETTE.contains("</"));
    }
}
