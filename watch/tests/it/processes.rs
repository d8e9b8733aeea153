//! What `/proc` says of a process and of those that come from it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// A process that is no other: numbers are used again, the time of birth tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    born: u64,
}

impl Process {
    /// The process of this number; `None` where there is none, or only a zombie.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, fields) = stat.rsplit_once(") ")?;
        let mut fields = fields.split(' ');
        let is_zombie = matches!(fields.next(), Some("Z" | "X"));
        let born = fields.nth(18)?.parse().ok()?;
        (!is_zombie).then_some(Self { pid, born })
    }

    pub(crate) fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Its children.
    pub(crate) fn children(self) -> BTreeSet<Self> {
        let lists = self.threads().into_iter();
        let lists = lists.filter_map(|thread| fs::read_to_string(thread.join("children")).ok());
        let numbers: Vec<u32> = lists
            .flat_map(|list| {
                list.split_whitespace()
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            })
            .filter_map(|number| number.parse().ok())
            .collect();
        numbers.into_iter().filter_map(Self::of).collect()
    }

    /// Its children, theirs, and so on.
    pub(crate) fn descendants(self) -> BTreeSet<Self> {
        let mut all = BTreeSet::new();
        let mut next = vec![self];
        while let Some(process) = next.pop() {
            for child in process.children() {
                if all.insert(child) {
                    next.push(child);
                }
            }
        }
        all
    }

    /// The folders of its threads.
    pub(crate) fn threads(self) -> Vec<PathBuf> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid));
        let threads = threads.into_iter().flatten().flatten();
        threads.map(|thread| thread.path()).collect()
    }

    pub(crate) fn descriptors(self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid)).map_or(0, Iterator::count)
    }

    /// Its name, of at most 15 bytes.
    pub(crate) fn name(self) -> String {
        let name = fs::read_to_string(format!("/proc/{}/comm", self.pid));
        name.unwrap_or_default().trim().to_owned()
    }

    /// The signals that it has blocked, as the kernel writes them; `None` where it has ended.
    pub(crate) fn blocked_signals(self) -> Option<String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let mut lines = status.lines();
        let blocked = lines.find_map(|line| line.strip_prefix("SigBlk:"))?;
        Some(blocked.trim().to_owned())
    }

    /// Memory that is in use, in KiB.
    pub(crate) fn resident_kib(self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap();
        number(&status, "VmRSS:")
    }

    /// How often its threads gave a CPU away, or had it taken away: each time one of them ran, it grows.
    pub(crate) fn switches(self) -> u64 {
        let threads = self.threads().into_iter();
        let texts = threads.filter_map(|thread| fs::read_to_string(thread.join("status")).ok());
        texts
            .map(|it| {
                number(&it, "voluntary_ctxt_switches:") + number(&it, "nonvoluntary_ctxt_switches:")
            })
            .sum()
    }
}

/// The number behind a word at the beginning of a line.
fn number(text: &str, word: &str) -> u64 {
    let mut lines = text.lines();
    let rest = lines.find_map(|line| line.strip_prefix(word)).unwrap();
    rest.split_whitespace().next().unwrap().parse().unwrap()
}
