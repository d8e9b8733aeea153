//! Driver of `owned-descriptors`: has a file copied in a child and compares the open descriptors
//! before and after.
//!
//! Usage: `owned-descriptors [LINES [FAULT]]`. LINES is the length of the file (default 3). FAULT is
//! `missing-folder`, where the copy cannot be created, or `source-is-folder`, which opens and cannot be read.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::{Pid, getpid, read, write};

use crate::program::{Program, print_line};

/// What the student writes: copy `source` to `target` in a child and return how the child ended.
pub type CopyInChild = fn(source: &Path, target: &Path) -> io::Result<WaitStatus>;

/// Given: copies every byte of `source` to `target` and adds a line that names the process that did it.
///
/// Both descriptors are lent: they are used, and left open for their owners.
///
/// # Errors
///
/// What read(2) or write(2) answers, such as `EISDIR` for a source that is a folder.
pub fn transfer(source: BorrowedFd<'_>, target: BorrowedFd<'_>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match read(source, &mut buffer) {
            Ok(0) => break,
            Ok(count) => write_all(target, &buffer[..count])?,
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    write_all(target, format!("{SIGNATURE}{}]\n", getpid()).as_bytes())
}

/// How the last line of a copy begins; the process id and `]` follow.
const SIGNATURE: &str = "copied by [pid ";

fn write_all(target: impl AsFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match write(target.as_fd(), bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// What is arranged to go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    MissingFolder,
    SourceIsFolder,
}

/// Runs the exercise.
#[must_use]
pub fn drive(copy_in_child: CopyInChild) -> ExitCode {
    let program = Program::begin();
    let Some((lines, fault)) = arguments() else {
        eprintln!("usage: owned-descriptors [LINES [missing-folder | source-is-folder]]");
        return ExitCode::from(2);
    };
    let stage = match Stage::set(lines, fault) {
        Ok(stage) => stage,
        Err(error) => {
            eprintln!("owned-descriptors: no place for the files: {error}");
            return ExitCode::from(2);
        }
    };

    print_line(&format!("the program is [pid {}]", getpid()));
    // No newline and no flush: these words wait in a buffer of this process while the copy is made.
    // A child inherits the buffer; if it leaves with `exit` instead of `_exit`, it prints them as well.
    print!("copying: ");
    let before = open_descriptors();
    let result = copy_in_child(&stage.source, &stage.target);
    program.only_the_parent_returns_from("copy_in_child");
    let after = open_descriptors();

    let outcome = describe_end(result);
    let (Ok(end) | Err(end)) = &outcome;
    print_line(end);
    if child_is_left() {
        print_line("the copy: a child was not waited for, and may be writing still");
    } else {
        print_line(&format!("the copy: {}", stage.describe_copy()));
    }
    print_line(&format!(
        "open descriptors: {}",
        describe_change(&before, &after)
    ));
    program.end("copy_in_child", outcome, |_| ())
}

fn arguments() -> Option<(usize, Fault)> {
    let mut args = std::env::args().skip(1);
    let lines = args.next().map_or(Some(3), |lines| lines.parse().ok())?;
    let fault = match args.next().as_deref() {
        None => Fault::None,
        Some("missing-folder") => Fault::MissingFolder,
        Some("source-is-folder") => Fault::SourceIsFolder,
        Some(_) => return None,
    };
    args.next().is_none().then_some((lines, fault))
}

/// The files of one run, in a temporary folder.
#[derive(Debug)]
struct Stage {
    owner: Pid,
    folder: PathBuf,
    source: PathBuf,
    target: PathBuf,
    text: String,
}

impl Stage {
    fn set(lines: usize, fault: Fault) -> io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("owned-descriptors-{}", getpid()));
        let source = folder.join("source");
        let target = match fault {
            Fault::MissingFolder => folder.join("missing").join("copy"),
            Fault::None | Fault::SourceIsFolder => folder.join("copy"),
        };
        let mut text = String::new();
        for number in 1..=lines {
            let _ = writeln!(text, "line {number}"); // a String takes every text
        }
        fs::create_dir_all(&folder)?;
        match fault {
            Fault::SourceIsFolder => fs::create_dir_all(&source)?,
            Fault::None | Fault::MissingFolder => fs::write(&source, &text)?,
        }
        Ok(Self {
            owner: getpid(),
            folder,
            source,
            target,
            text,
        })
    }

    /// Says what is in the copy and which process signed it.
    fn describe_copy(&self) -> String {
        let Ok(copy) = fs::read_to_string(&self.target) else {
            return "not there".to_owned();
        };
        let Some((text, pid)) = copy
            .rsplit_once(SIGNATURE)
            .and_then(|(text, rest)| Some((text, rest.strip_suffix("]\n")?)))
        else {
            return "not made".to_owned();
        };
        if pid == getpid().to_string() {
            return format!("made by [pid {pid}], the program itself, without a child");
        }
        let state = if text == self.text {
            "intact"
        } else {
            "damaged"
        };
        format!(
            "{} lines, {state}, made by [pid {pid}]",
            text.lines().count()
        )
    }
}

impl Drop for Stage {
    /// Removes the files, also when the student's function panics. A child has a copy of this value, and
    /// the files are not its to remove.
    fn drop(&mut self) {
        if getpid() == self.owner {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// The line that tells how the copying ended: `Ok` only for a child with exit code 0.
fn describe_end(result: io::Result<WaitStatus>) -> Result<String, String> {
    match result {
        Ok(WaitStatus::Exited(child, 0)) => {
            Ok(format!("the child [pid {child}] ended with code 0"))
        }
        Ok(WaitStatus::Exited(child, code)) => {
            Err(format!("the child [pid {child}] ended with code {code}"))
        }
        Ok(WaitStatus::Signaled(child, signal, _)) => {
            Err(format!("the child [pid {child}] was ended by {signal}"))
        }
        Ok(_) => Err("what was returned is not the end of a child".to_owned()),
        Err(error) => Err(match error.raw_os_error() {
            Some(number) => format!("refused with {:?}", Errno::from_raw(number)),
            None => format!("refused: {error}"),
        }),
    }
}

/// Whether this process has a child that nobody has waited for. The question leaves the child as it is.
fn child_is_left() -> bool {
    let looking_only = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    waitid(Id::All, looking_only) != Err(Errno::ECHILD)
}

/// The open descriptors of this process and what each refers to.
fn open_descriptors() -> BTreeMap<RawFd, PathBuf> {
    let numbers: Vec<RawFd> = fs::read_dir("/proc/self/fd")
        .map(|entries| {
            entries
                .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
                .collect()
        })
        .unwrap_or_default();
    // The listing used a descriptor itself; it is closed by now, and its link is gone.
    numbers
        .into_iter()
        .filter_map(|number| {
            Some((
                number,
                fs::read_link(format!("/proc/self/fd/{number}")).ok()?,
            ))
        })
        .collect()
}

fn describe_change(before: &BTreeMap<RawFd, PathBuf>, after: &BTreeMap<RawFd, PathBuf>) -> String {
    let mut changes = Vec::new();
    for (number, object) in after {
        if before.get(number) != Some(object) {
            let name = object.file_name().unwrap_or(object.as_os_str());
            changes.push(format!("left open: {number} ({})", name.display()));
        }
    }
    for number in before.keys() {
        if !after.contains_key(number) {
            changes.push(format!("closed, though it was not yours: {number}"));
        }
    }
    if changes.is_empty() {
        "the same as before".to_owned()
    } else {
        changes.join(", ")
    }
}
