//! The terminal: what it can show, and how text gets there.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Instant;

use console::Term;

use super::failure::Failure;
use crate::report::style::Style;

/// Which letters may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// Those that the locale knows; see `locale(7)`.
    OfTheLocale,
    /// Those of ASCII, because somebody asked for it.
    Ascii,
}

/// What standard output and standard error can show.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Standard output.
    pub stdout: Style,
    /// Standard error.
    pub stderr: Style,
    /// When it was looked at: with that the command begins.
    pub begun: Instant,
}

impl Screen {
    /// Looks at the terminal and the environment.
    #[must_use]
    pub fn detect(letters: Letters) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let style = |term, is_terminal| {
            let style = style(&term, is_terminal, &variable);
            Style {
                unicode: style.unicode && letters == Letters::OfTheLocale,
                ..style
            }
        };
        Self {
            stdout: style(Term::stdout(), io::stdout().is_terminal()),
            stderr: style(Term::stderr(), io::stderr().is_terminal()),
            begun: Instant::now(),
        }
    }

    /// Writes text to standard output. A reader that has gone away, such as `head`, has read enough.
    ///
    /// # Errors
    /// When the text cannot be written, as on a full disk.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        let written = stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Failure::infrastructure(error).while_it("write to standard output")),
            Ok(()) => Ok(()),
        }
    }
}

/// Writes a line to standard error. Where that cannot be written to, nobody is told.
pub(super) fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn style(term: &Term, is_terminal: bool, variable: &dyn Fn(&str) -> Option<String>) -> Style {
    let size = is_terminal.then(|| term.size_checked()).flatten();
    let width = size.map(|(_, columns)| usize::from(columns));
    // Where it is no terminal, whoever reads may say how wide it is: environ(7).
    let said = || variable("COLUMNS")?.parse().ok();
    Style {
        width: width.or_else(said).unwrap_or(Style::plain().width),
        colors: is_terminal && wants_colors(variable),
        unicode: is_unicode(variable),
    }
}

/// Colors are wanted unless `NO_COLOR` is set and not empty (see no-color.org), or the terminal knows none.
fn wants_colors(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let refused = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = variable("TERM").is_none_or(|value| value == "dumb");
    !refused && !dumb
}

/// Whether the locale's encoding is UTF-8; see `locale(7)` for the order of the variables.
fn is_unicode(variable: &dyn Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(variable)
        .find(|value| !value.is_empty());
    locale.is_some_and(|value| {
        let value = value.to_ascii_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |name| {
            let found = pairs.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        }
    }

    #[test]
    fn no_color_is_honored() {
        assert!(wants_colors(&environment(&[("TERM", "xterm")])));
        assert!(wants_colors(&environment(&[
            ("TERM", "xterm"),
            ("NO_COLOR", "")
        ])));
        assert!(!wants_colors(&environment(&[
            ("TERM", "xterm"),
            ("NO_COLOR", "1")
        ])));
        assert!(!wants_colors(&environment(&[("TERM", "dumb")])));
        assert!(!wants_colors(&environment(&[])));
    }

    #[test]
    fn the_first_locale_variable_decides() {
        assert!(is_unicode(&environment(&[("LANG", "de_DE.UTF-8")])));
        assert!(is_unicode(&environment(&[
            ("LC_ALL", ""),
            ("LC_CTYPE", "C.utf8")
        ])));
        assert!(!is_unicode(&environment(&[
            ("LC_ALL", "C"),
            ("LANG", "de_DE.UTF-8")
        ])));
        assert!(!is_unicode(&environment(&[])));
    }
}
