//! Evidence of who did the work: a ledger that every process of a program writes to, and the question
//! whether any child still waits to be reaped.
//!
//! A program can print anything. What a driver reports from here was written by the process that did the
//! work, at the moment at which it did it.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getpid};

/// Records of tasks, kept in a file without a name that all processes of the program inherit.
///
/// The file is opened with `O_APPEND`: the kernel puts each record whole behind the one before, whichever
/// process writes it.
#[derive(Debug)]
pub struct Ledger {
    file: File,
    main: Pid,
}

/// One record: a process did something for a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The task's number.
    pub task: usize,
    /// The process that wrote the record.
    pub pid: Pid,
    /// Whatever else the record is to say.
    pub detail: usize,
}

const FIELD: usize = 8;
const ENTRY: usize = 3 * FIELD;

impl Ledger {
    /// An empty ledger. The calling process is the program's own, which only organizes the work.
    pub fn open() -> io::Result<Self> {
        let file = memfd_create(c"ledger", MFdFlags::MFD_CLOEXEC)?;
        fcntl(&file, FcntlArg::F_SETFL(OFlag::O_APPEND))?;
        Ok(Self {
            file: File::from(file),
            main: getpid(),
        })
    }

    /// Whether the calling process is the one that opened the ledger.
    #[must_use]
    pub fn is_main(&self) -> bool {
        getpid() == self.main
    }

    /// Records that the calling process does `task`.
    pub fn note(&self, task: usize, detail: usize) -> io::Result<()> {
        let pid = usize::try_from(getpid().as_raw()).unwrap_or(0);
        let mut record = [0; ENTRY];
        for (field, value) in record.chunks_exact_mut(FIELD).zip([task, pid, detail]) {
            field.copy_from_slice(&value.to_ne_bytes());
        }
        (&self.file).write_all(&record)
    }

    /// All records, the oldest first.
    pub fn entries(&self) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut record = [0; ENTRY];
        loop {
            let offset = entries.len() * ENTRY;
            match self.file.read_exact_at(&mut record, offset as u64) {
                Ok(()) => entries.push(decode(&record)),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(entries),
                Err(error) => return Err(error),
            }
        }
    }

    /// The tasks, out of `0..tasks`, that no process of their own has done: nobody did them, or the main
    /// program itself, or a process that had another task before.
    pub fn tasks_without_own_process(&self, tasks: usize) -> io::Result<Vec<usize>> {
        let entries = self.entries()?;
        let first_of_its_process = |at: usize, entry: &Entry| {
            entries[..at]
                .iter()
                .all(|before| before.pid != entry.pid || before.task == entry.task)
        };
        let done = |task: usize| {
            entries.iter().enumerate().any(|(at, entry)| {
                entry.task == task && entry.pid != self.main && first_of_its_process(at, entry)
            })
        };
        Ok((0..tasks).filter(|&task| !done(task)).collect())
    }
}

fn decode(record: &[u8; ENTRY]) -> Entry {
    let field = |at: usize| {
        let mut bytes = [0; FIELD];
        bytes.copy_from_slice(&record[at * FIELD..][..FIELD]);
        usize::from_ne_bytes(bytes)
    };
    Entry {
        task: field(0),
        pid: Pid::from_raw(i32::try_from(field(1)).unwrap_or(0)),
        detail: field(2),
    }
}

/// Whether the calling process has a child that has not been reaped: one that runs, or a zombie.
#[must_use]
pub fn has_children() -> bool {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    // `WNOWAIT` leaves a zombie where it is: looking does not reap.
    !matches!(waitid(Id::All, flags), Err(Errno::ECHILD))
}
