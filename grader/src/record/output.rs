//! Who wrote which byte of standard output.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Direction, Micros, Object, ObjectKind, ProcessId, Record, What};

/// What the recorder calls the object that standard output is.
pub const STDOUT: &str = "standard output";

/// A piece of standard output, and who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The bytes, as places in [`Record::stdout`].
    pub bytes: Range<usize>,
    /// The writer; several where calls overlapped in time, so that each may have written any of it.
    pub by: BTreeSet<ProcessId>,
}

impl Record {
    /// Standard output in pieces, from its beginning to its end.
    ///
    /// `None` where the calls that were seen do not account for all of it: without a trace, and where a program wrote
    /// in ways that are traced only with the data of its run (through another descriptor, by `splice(2)`).
    #[must_use]
    pub fn output_by_writer(&self) -> Option<Vec<Written>> {
        let is_stdout =
            |it: &Object| it.kind == ObjectKind::Other && it.name.as_deref() == Some(STDOUT);
        let stdout = self.objects.iter().position(is_stdout);
        // With the time at which each was written at the latest, which grows.
        let mut pieces: Vec<(Micros, Written)> = Vec::new();
        let mut begin = 0_usize;
        for event in &self.events {
            let What::Transfer {
                direction: Direction::Out,
                object,
                bytes,
                ..
            } = event.what
            else {
                continue;
            };
            if Some(object) != stdout {
                continue;
            }
            let count = usize::try_from(bytes).unwrap_or(usize::MAX);
            let end = begin.max(self.stdout.len().min(begin.saturating_add(count)));
            let mut piece = Written {
                bytes: begin..end,
                by: BTreeSet::from([event.process]),
            };
            // Whoever returned after this call began may have written behind it.
            while let Some((_, earlier)) = pieces.pop_if(|(until, _)| event.at < *until) {
                piece.bytes.start = earlier.bytes.start;
                piece.by.extend(earlier.by);
            }
            pieces.push((event.until.unwrap_or(event.at), piece));
            begin = end;
        }
        let pieces = pieces.into_iter().map(|(_, piece)| piece);
        (begin == self.stdout.len()).then(|| pieces.collect())
    }
}
