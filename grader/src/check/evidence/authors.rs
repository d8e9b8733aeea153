//! Lines that one process printed in the name of another.
//!
//! A line that begins with `[pid N] ` claims to be written by process N. Most of what the output of an exercise proves rests on that claim, so
//! it is held against what the kernel saw: which process wrote these bytes.

use crate::check::{Expected, FAKED_OUTPUT, Rank, Ranked};
use crate::normalise::{mark, readable, without_pids};
use crate::record::Record;

/// At most one finding: the smallest of the lines, so that it is the same whoever ran first.
///
/// Where two wrote at the same time, either may have written each of the lines.
pub(in crate::check) fn check(expected: &Expected<'_>, record: &Record) -> Option<Ranked> {
    let pieces = record.output_by_writer()?;
    let mut pieces = pieces.iter().peekable();
    let mut begin = 0;
    let mut wrong: Option<String> = None;
    for line in record.stdout.split_inclusive(|byte| *byte == b'\n') {
        while pieces.next_if(|it| it.bytes.end <= begin).is_some() {}
        begin += line.len();
        let text = readable(line);
        let Some(pid) = mark(&text) else { continue };
        let writers = pieces.peek().into_iter().flat_map(|piece| &piece.by);
        let mut pids = writers.filter_map(|it| Some(record.processes.get(*it)?.pid));
        if pids.any(|it| it.to_string() == pid) {
            continue;
        }
        let text = without_pids(text.trim_end());
        if wrong.as_ref().is_none_or(|least| text < *least) {
            wrong = Some(text);
        }
    }
    let message = format!(
        "expected each line that begins with a process id to be printed by that process; another one printed `{}`",
        wrong?
    );
    Some(expected.finding(Rank::Work, FAKED_OUTPUT, message))
}

/// Whether it takes a run with all of its data traced to say who wrote the lines of this one.
pub(in crate::check) fn needs_data(record: &Record) -> bool {
    let text = readable(&record.stdout);
    record.traced
        && !record.events_cut
        && text.lines().any(|line| mark(line).is_some())
        && record.output_by_writer().is_none()
}
