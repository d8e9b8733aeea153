//! A thread of a run, as `/proc` shows it.

use std::fs;
use std::os::unix::fs::{FileExt as _, FileTypeExt as _, MetadataExt as _};

use nix::libc;

use super::call::{Call, Other};
use crate::record::Descriptor;
use crate::sandbox::family;

/// SIGALRM in a set of signals as the kernel has it.
const ALARM: u64 = 1 << (libc::SIGALRM - 1);

/// A thread in `/proc`.
pub(super) struct Thread {
    folder: String,
}

impl Thread {
    /// The threads of a process that have not ended. The first one may have, while others go on.
    pub(super) fn all_of(pid: i32) -> impl Iterator<Item = Self> {
        let threads = family::threads(pid).into_iter().map(move |number| Self {
            folder: format!("/proc/{pid}/task/{number}"),
        });
        threads.filter(|thread| !matches!(thread.state(), None | Some('Z' | 'X')))
    }

    /// The state letter.
    pub(super) fn state(&self) -> Option<char> {
        let fields = family::stat_fields(&format!("{}/stat", self.folder))?;
        fields.first()?.chars().next()
    }

    /// The line of the file `syscall`, and the call, where it is one.
    pub(super) fn call(&self) -> Option<(String, Option<Call>)> {
        let line = fs::read_to_string(format!("{}/syscall", self.folder)).ok()?;
        let call = Call::parse(&line);
        Some((line, call))
    }

    /// Voluntary and involuntary context switches.
    pub(super) fn context_switches(&self) -> Option<(u64, u64)> {
        let text = fs::read_to_string(format!("{}/status", self.folder)).ok()?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().parse().ok()
        };
        Some((
            value("voluntary_ctxt_switches:")?,
            value("nonvoluntary_ctxt_switches:")?,
        ))
    }

    /// Whether SIGALRM would wake the thread, or run a handler in it: it may be on its way.
    pub(super) fn takes_alarm(&self) -> bool {
        let Self { folder } = self;
        let reads_it = |it: &Descriptor| {
            it.object.contains("[signalfd]")
                && holds_alarm(&format!("{folder}/fdinfo/{}", it.number), "sigmask:")
        };
        holds_alarm(&format!("{folder}/status"), "SigCgt:")
            || self.descriptors().iter().any(reads_it)
            || matches!(self.call(), Some((_, Some(call))) if self.accepts_alarm(&call))
    }

    /// Whether the thread is in `sigwait(3)` or its like for SIGALRM. The kernel takes what is waited for out of the
    /// signals that `/proc` shows as blocked, so the set is read where the call has it.
    fn accepts_alarm(&self, call: &Call) -> bool {
        if call.number != libc::SYS_rt_sigtimedwait {
            return false;
        }
        let mut set = [0; size_of::<u64>()];
        let memory = fs::File::open(format!("{}/mem", self.folder));
        let read = memory.and_then(|memory| memory.read_exact_at(&mut set, call.arguments[0]));
        read.is_err() || u64::from_ne_bytes(set) & ALARM != 0
    }

    /// Who can end a wait on this descriptor; `None` where it is no object between processes.
    pub(super) fn object_waits(&self, descriptor: u64) -> Option<Other> {
        let path = format!("{}/fd/{descriptor}", self.folder);
        let kind = fs::metadata(&path).ok()?.file_type();
        if kind.is_fifo() {
            return Some(Other::Process);
        }
        if kind.is_socket() {
            return Some(Other::Socket);
        }
        let object = fs::read_link(&path).ok()?;
        let object = object.to_string_lossy();
        let between_processes = ["eventfd", "signalfd", "pidfd"];
        let anonymous = object.strip_prefix("anon_inode:")?;
        between_processes
            .iter()
            .any(|name| anonymous.contains(name))
            .then_some(Other::Process)
    }

    /// The open descriptors, by number.
    pub(super) fn descriptors(&self) -> Vec<Descriptor> {
        let Ok(entries) = fs::read_dir(format!("{}/fd", self.folder)) else {
            return Vec::new();
        };
        let mut descriptors: Vec<Descriptor> =
            entries.flatten().filter_map(|it| described(&it)).collect();
        descriptors.sort_by_key(|descriptor| descriptor.number);
        descriptors
    }
}

/// A descriptor, from its link in `/proc`.
fn described(entry: &fs::DirEntry) -> Option<Descriptor> {
    let number = entry.file_name().to_str()?.parse().ok()?;
    let object = fs::read_link(entry.path())
        .ok()?
        .to_string_lossy()
        .into_owned();
    // The link's own permission bits say how the descriptor was opened (`proc_pid_fd(5)`).
    let mode = fs::symlink_metadata(entry.path()).ok()?.mode();
    Some(Descriptor {
        number,
        object,
        reads: mode & 0o400 != 0,
        writes: mode & 0o200 != 0,
    })
}

/// Whether the line of a file in `/proc` that begins with `name` is a set of signals with SIGALRM.
fn holds_alarm(file: &str, name: &str) -> bool {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mask = text.lines().find_map(|line| line.strip_prefix(name));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & ALARM != 0)
}
