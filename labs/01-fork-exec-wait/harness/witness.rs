//! What a driver asks the kernel itself, instead of believing what the student's function returns.
//!
//! Nothing here starts a process or reaps one.

use std::fs;
use std::os::fd::{BorrowedFd, RawFd};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use crate::evidence::has_children;
use crate::program::{print_line, say};

/// Tells whether a process was made since `begin`, also when it has been reaped meanwhile.
#[derive(Debug)]
pub struct ChildWitness {
    before: Option<[i64; 7]>,
}

impl ChildWitness {
    /// Remembers what the children reaped so far have used: a program that was started by `exec` in a
    /// process with children keeps that account.
    #[must_use]
    pub fn begin() -> Self {
        Self {
            before: use_of_reaped_children(),
        }
    }

    /// Whether a child is there, or one was reaped since `begin`.
    #[must_use]
    pub fn saw_a_child(&self) -> bool {
        // The kernel adds what a child has used to its parent's account when the child is reaped, and
        // nothing runs without a page fault.
        has_children() || use_of_reaped_children() != self.before
    }

    /// Says so if the work was done without any process.
    pub fn report_missing_child(&self) {
        if !self.saw_a_child() {
            print_line("no process was made");
        }
    }
}

fn use_of_reaped_children() -> Option<[i64; 7]> {
    getrusage(UsageWho::RUSAGE_CHILDREN).ok().map(account)
}

fn account(usage: Usage) -> [i64; 7] {
    [
        usage.max_rss(),
        usage.minor_page_faults(),
        usage.major_page_faults(),
        usage.voluntary_context_switches(),
        usage.involuntary_context_switches(),
        usage.user_time().num_microseconds(),
        usage.system_time().num_microseconds(),
    ]
}

/// Closes at exec what the program has inherited beyond descriptor 2, so that only descriptors of the
/// program's own can leak. Terminals and editors leave some open now and then.
pub fn close_inherited_at_exec() {
    for (descriptor, _) in open_descriptors() {
        // SAFETY: the descriptor was open a moment ago and this process has one thread; it is only borrowed.
        let descriptor = unsafe { BorrowedFd::borrow_raw(descriptor) };
        // One that cannot be marked is reported later, where it has leaked.
        let _ = fcntl(descriptor, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC));
    }
}

/// In a fresh program: names each open descriptor beyond 2, since nobody has opened any here.
pub fn report_leaked_descriptors() {
    for (descriptor, what) in open_descriptors() {
        say(&format!("leaked: descriptor {descriptor} is {what}"));
    }
}

/// The open descriptors beyond 2, in order, and what they are.
fn open_descriptors() -> Vec<(RawFd, String)> {
    let Ok(entries) = fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    let mut numbers: Vec<RawFd> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|number| *number > 2)
        .collect();
    numbers.sort_unstable();
    // The directory itself was one of them. It is closed by now: the link is gone, and so is the number.
    let kind = |number: RawFd| {
        let link = fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
        let link = link.to_string_lossy();
        // `pipe:[4711]`: the number differs from run to run.
        Some(match link.split_once(':') {
            Some((kind @ ("pipe" | "socket" | "anon_inode"), _)) => format!("a {kind}"),
            _ => format!("the file {}", link.rsplit('/').next().unwrap_or_default()),
        })
    };
    numbers
        .into_iter()
        .filter_map(|number| Some((number, kind(number)?)))
        .collect()
}
