//! A run in words, process by process: what each wrote, how it ended, who waited for it.

use std::collections::BTreeMap;

use super::picture::{Lane, Picture, Row};
use super::words;
use crate::normalise::readable;
use crate::record::{Alive, ProcessId, Record};
use crate::report::layout::{self, LongWords};
use crate::report::style::{Role, Style, count};
use crate::report::visible;

/// Lines of output of one process that are shown.
const LINES: usize = 20;

/// Processes that are told about one by one.
const PROCESSES: usize = 40;

/// How a line begins that a process marks as its own.
const MARK: &str = "[pid ";

/// The story of a run, as text that ends with a newline. How the run ended and what it left is said by the picture.
#[must_use]
pub fn render(picture: &Picture, record: &Record, style: Style) -> String {
    let mut output = by_process(record);
    let mut parts = Vec::new();
    let mut told = 0;
    for row in &picture.rows {
        if told == PROCESSES {
            break;
        }
        told += 1;
        parts.push(chapter(picture, row, record, &mut output, style));
    }
    if picture.rows.len() > told {
        let more = picture.rows.len() - told;
        parts.push(format!("{} and {more} more", style.ellipsis()));
    }
    let unmarked = output.remove(&None).unwrap_or_default();
    if !unmarked.is_empty() {
        let heading = if picture.rows.is_empty() {
            "output"
        } else {
            "output that names no process"
        };
        parts.push(quote(heading, &unmarked, style));
    }
    let errors: Vec<String> = readable(&record.stderr)
        .lines()
        .map(|it| numbered(it, record))
        .collect();
    if !errors.is_empty() {
        parts.push(quote("standard error", &errors, style));
    }
    parts.join("\n\n") + "\n"
}

/// One process, or several that are alike.
fn chapter(
    picture: &Picture,
    row: &Row,
    record: &Record,
    output: &mut BTreeMap<Option<ProcessId>, Vec<String>>,
    style: Style,
) -> String {
    let members = row.members().iter().map(|at| &picture.lanes[*at]);
    let mut lines = Vec::new();
    let mut said = Vec::new();
    for (at, lane) in members.enumerate() {
        if at == 0 {
            lines.push(heading(lane, row.members().len(), style));
            let facts = facts(lane, record);
            lines.extend(facts.iter().map(|fact| {
                let fact = visible::own(&visible::line(fact, style), style);
                layout::hanging(&fact, style.columns(), "  ", "    ", LongWords::Cut)
            }));
        }
        said.extend(output.remove(&Some(lane.process)).unwrap_or_default());
    }
    lines.extend(quoted(&said, style));
    lines.join("\n")
}

fn heading(lane: &Lane, alike: usize, style: Style) -> String {
    let name = visible::line(lane.name.as_deref().unwrap_or_default(), style);
    let label = style.paint(Role::Strong, &lane.label());
    let others = match alike {
        1 => String::new(),
        _ => format!(" and {} like it", count(alike - 1, "process", "processes")),
    };
    let text = format!("{label} {name}").trim_end().to_owned() + &others;
    layout::hanging(&text, style.columns(), "", "  ", LongWords::Cut)
}

/// What became of a process.
fn facts(lane: &Lane, record: &Record) -> Vec<String> {
    let process = &record.processes[lane.process];
    let mut facts = Vec::new();
    if let Some(parent) = process.parent {
        facts.push(format!("forked by {}", words::label(parent)));
    }
    match process.end {
        Some(end) => facts.push(words::exit(end.how)),
        None => {
            let alive = record.alive.iter().find(|it| it.pid == process.pid);
            facts.push(alive.map_or_else(|| stuck(lane), |alive| waits(alive, lane)));
        }
    }
    match process.reaped {
        Some(reaped) => facts.push(match reaped.by {
            Some(by) => format!("{} waited for it", words::label(by)),
            None => "nobody had to wait for it: its parent ignores SIGCHLD".to_owned(),
        }),
        None if lane.process != 0 && process.end.is_some() => {
            facts.push("nobody in the run waited for it".to_owned())
        }
        None => {}
    }
    facts
}

/// What a process that was ended from outside was doing, by its lane.
fn stuck(lane: &Lane) -> String {
    match lane.segments.iter().rev().find(|it| !it.returned) {
        Some(segment) => format!("was still in {} when the grader ended it", segment.short),
        None => "was ended by the grader".to_owned(),
    }
}

/// The same, as it was seen at the end.
fn waits(alive: &Alive, lane: &Lane) -> String {
    match alive.wait() {
        // The lane knows what the descriptor refers to.
        Some(wait) if !lane.segments.iter().any(|it| !it.returned) => {
            let about = wait
                .descriptor
                .map_or(String::new(), |number| format!(" (fd {number})"));
            format!("was still in {}{about} when the grader ended it", wait.call)
        }
        _ => stuck(lane),
    }
}

/// Standard output by the process that wrote it, in lines, with processes called what they are called elsewhere.
fn by_process(record: &Record) -> BTreeMap<Option<ProcessId>, Vec<String>> {
    let mut output: BTreeMap<Option<ProcessId>, Vec<String>> = BTreeMap::new();
    let Some(written) = by_writer(record) else {
        for line in readable(&record.stdout).lines() {
            let process = marked(line, record).map(|(process, _)| process);
            output
                .entry(process)
                .or_default()
                .push(own_line(line, process, record));
        }
        return output;
    };
    for (writer, bytes) in written {
        let text = readable(&bytes);
        let lines = text
            .lines()
            .map(|line| own_line(line, Some(writer), record));
        output.insert(Some(writer), lines.collect());
    }
    output
}

/// Standard output by the process that wrote it, as far as the record shows it beyond doubt.
fn by_writer(record: &Record) -> Option<BTreeMap<ProcessId, Vec<u8>>> {
    let mut written: BTreeMap<ProcessId, Vec<u8>> = BTreeMap::new();
    for piece in record.output_by_writer()? {
        let mut writers = piece.by.iter();
        let (Some(writer), None) = (writers.next(), writers.next()) else {
            return None;
        };
        let bytes = &record.stdout[piece.bytes];
        written.entry(*writer).or_default().extend(bytes);
    }
    Some(written)
}

/// The process that a line marks as its writer, and what stands behind the mark.
fn marked<'a>(line: &'a str, record: &Record) -> Option<(ProcessId, &'a str)> {
    let (pid, text) = line.strip_prefix(MARK)?.split_once(']')?;
    let process = find(pid, record)?;
    Some((process, text.strip_prefix(' ').unwrap_or(text)))
}

/// A line under the name of its process: without the mark that says the same.
fn own_line(line: &str, process: Option<ProcessId>, record: &Record) -> String {
    let own = marked(line, record).filter(|(marked, _)| Some(*marked) == process);
    numbered(own.map_or(line, |(_, text)| text), record)
}

/// The process of an id, as the program prints it.
fn find(pid: &str, record: &Record) -> Option<ProcessId> {
    let pid: i32 = pid.parse().ok()?;
    record
        .processes
        .iter()
        .position(|process| process.pid == pid)
}

/// A line in which processes are called what they are called in the picture.
fn numbered(line: &str, record: &Record) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, inside)) = rest.split_once(MARK) {
        shown.push_str(before);
        let known = inside.split_once(']');
        match known.and_then(|(pid, after)| Some((find(pid, record)?, after))) {
            Some((process, after)) => {
                shown.push_str(&words::label(process));
                rest = after;
            }
            None => {
                shown.push_str(MARK);
                rest = inside;
            }
        }
    }
    shown + rest
}

fn quote(heading: &str, said: &[String], style: Style) -> String {
    let mut lines = vec![style.paint(Role::Strong, heading)];
    lines.extend(quoted(said, style));
    lines.join("\n")
}

/// Lines that a program wrote.
fn quoted(said: &[String], style: Style) -> Vec<String> {
    let margin = if style.unicode { "  │ " } else { "  | " };
    let shown = said.iter().take(LINES);
    let mut lines: Vec<String> = shown
        .map(|line| {
            let line = visible::line(line, style);
            layout::hanging(&line, style.columns(), margin, margin, LongWords::Cut)
        })
        .collect();
    if said.len() > LINES {
        let more = count(said.len() - LINES, "more line", "more lines");
        lines.push(format!("  {} {more}", style.ellipsis()));
    }
    lines
}
