//! Two runs of one case, an answer's and the reference answer's: what the kernel saw of each, and the text of the second.
//!
//! Only numbers are compared, no order: two right answers seldom do the same things one after the other.

use std::collections::BTreeSet;

use super::words;
use crate::record::{Direction, Exit, Micros, Record, What};
use crate::report::layout::{self, LongWords};
use crate::report::style::{Role, Style};
use crate::report::visible;

/// Columns of what a line is about.
const NAME: usize = 30;

/// Columns of a figure.
const FIGURE: usize = 12;

/// From this width on there is room for two source texts beside each other.
const WIDE: usize = 120;

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Comparison<'a> {
    /// The exercise's name, and the case's.
    pub title: &'a str,
    /// The run of the answer.
    pub yours: &'a Record,
    /// The run of the reference answer.
    pub reference: &'a Record,
    /// The answer's text.
    pub your_text: &'a str,
    /// The reference answer's text.
    pub reference_text: &'a str,
    /// Where that is, as a person would open it.
    pub file: &'a str,
}

/// The comparison as text that ends with a newline.
#[must_use]
pub fn render(it: Comparison<'_>, style: Style) -> String {
    let title = style.paint(Role::Strong, &visible::line(it.title, style));
    let mut parts = vec![format!("{title}: what the kernel saw")];
    parts.push(table(it, style));
    parts.push(calls(it, style));
    let note = "Times are those of one run each: they differ from run to run, and from machine to machine.";
    parts.push(layout::paragraph(note, style.columns(), 0, LongWords::Keep));
    let heading = format!("The reference answer: {}", visible::line(it.file, style));
    parts.push(style.paint(Role::Strong, &heading));
    let (yours, reference) = (code(it.your_text, style), code(it.reference_text, style));
    parts.push(if style.width >= WIDE {
        beside(&yours, &reference, style)
    } else {
        reference.join("\n")
    });
    parts.join("\n\n") + "\n"
}

/// The sums of both runs.
fn table(it: Comparison<'_>, style: Style) -> String {
    let sides = [it.yours, it.reference];
    let both = |of: &dyn Fn(&Record) -> String| sides.map(of);
    let time = |micros: Micros| {
        let time = words::time(micros);
        if style.unicode {
            time
        } else {
            time.replace('µ', "u")
        }
    };
    let rows = [
        ("processes", both(&|it| it.processes.len().to_string())),
        (
            "of these ended in failure",
            both(&|it| failed(it).to_string()),
        ),
        ("time", both(&|it| time(it.usage.wall_us))),
        (
            "CPU time",
            both(&|it| time(it.processes.iter().map(|it| it.cpu).sum())),
        ),
        ("bytes put into objects", both(&|it| moved(it).to_string())),
        (
            "calls that were recorded",
            both(&|it| names(it).len().to_string()),
        ),
    ];
    let heading = line("", &["yours".to_owned(), "reference".to_owned()]);
    let rows = rows.iter().map(|(name, figures)| line(name, figures));
    let rows: Vec<String> = rows.collect();
    format!(
        "{}\n{}",
        style.paint(Role::Faint, &heading),
        rows.join("\n")
    )
}

fn line(name: &str, figures: &[String; 2]) -> String {
    let figures = figures.iter().map(|it| format!("{it:>FIGURE$}"));
    let figures: String = figures.collect();
    format!("{}{figures}", layout::pad(name, NAME))
}

/// The calls that one of the two made more often.
fn calls(it: Comparison<'_>, style: Style) -> String {
    let (yours, reference) = (names(it.yours), names(it.reference));
    let all: BTreeSet<&String> = yours.iter().chain(&reference).collect();
    let times = |of: &[String], name: &String| of.iter().filter(|it| *it == name).count();
    let differing: Vec<String> = all
        .into_iter()
        .map(|name| (name, times(&yours, name), times(&reference, name)))
        .filter(|(_, yours, reference)| yours != reference)
        .map(|(name, yours, reference)| {
            let name = visible::line(name, style);
            line(&name, &[yours.to_string(), reference.to_string()])
        })
        .collect();
    if differing.is_empty() {
        return "Both made the same calls, each the same number of times.".to_owned();
    }
    let heading = style.paint(Role::Strong, "Calls that were not made equally often");
    format!("{heading}\n{}", differing.join("\n"))
}

/// The recorded calls of a run; one that failed is another than one that did not.
fn names(record: &Record) -> Vec<String> {
    let name = |what: &What| match what {
        What::Fork { .. } => Some("fork".to_owned()),
        What::Exec { .. } => Some("execve".to_owned()),
        What::Name { .. } => Some("prctl".to_owned()),
        What::Reap { .. } => Some("waitpid".to_owned()),
        What::Kill { .. } => Some("kill".to_owned()),
        What::Open { call, .. } | What::Transfer { call, .. } => Some(call.to_string()),
        What::Close { .. } => Some("close".to_owned()),
        What::Map { .. } => Some("mmap".to_owned()),
        What::Call {
            call,
            error: Some(error),
            ..
        } => Some(format!("{call}, fails with {error}")),
        What::Call { call, .. } => Some(call.to_string()),
        What::Exit { .. }
        | What::Adopted { .. }
        | What::Signal { .. }
        | What::Stop { .. }
        | What::Continue
        | What::Intervention { .. } => None,
    };
    record
        .events
        .iter()
        .filter_map(|it| name(&it.what))
        .collect()
}

fn failed(record: &Record) -> usize {
    let ends = record.processes.iter().filter_map(|it| it.end);
    ends.filter(|end| end.how != Exit::Code(0)).count()
}

fn moved(record: &Record) -> u64 {
    let moved = record.events.iter().map(|event| match event.what {
        What::Transfer {
            direction: Direction::Out,
            bytes,
            ..
        } => bytes,
        _ => 0,
    });
    moved.sum()
}

/// The lines of a program, without the header that says what the exercise is.
fn code(text: &str, style: Style) -> Vec<String> {
    let lines = text
        .lines()
        .skip_while(|line| line.starts_with("//!") || line.is_empty());
    lines.map(|line| visible::line(line, style)).collect()
}

/// Two texts in two columns; a line that is too long goes on below.
fn beside(left: &[String], right: &[String], style: Style) -> String {
    let columns = (style.width - 3) / 2;
    let folded = |lines: &[String]| -> Vec<String> {
        let lines = lines.iter().map(|line| {
            let indent = line.len() - line.trim_start().len();
            let margin = " ".repeat((indent + 4).min(columns / 2));
            layout::hanging(line, columns, "", &margin, LongWords::Cut)
        });
        let text: Vec<String> = lines.collect();
        text.join("\n").lines().map(str::to_owned).collect()
    };
    let (left, right) = (folded(left), folded(right));
    let bar = if style.unicode { "│" } else { "|" };
    let heading = format!("{} {bar} reference", layout::pad("yours", columns));
    let empty = String::new();
    let rows = (0..left.len().max(right.len())).map(|at| {
        let side = |lines: &[String]| lines.get(at).unwrap_or(&empty).clone();
        let row = format!(
            "{} {bar} {}",
            layout::pad(&side(&left), columns),
            side(&right)
        );
        row.trim_end().to_owned()
    });
    let rows: Vec<String> = rows.collect();
    format!(
        "{}\n{}",
        style.paint(Role::Faint, &heading),
        rows.join("\n")
    )
}
