//! The processes of a run: found by descent from the runner, ended, reaped.
//!
//! The runner is a child subreaper (`prctl(2)`): a process whose parent has gone becomes the runner's child,
//! so descent from the runner reaches every process, whatever sessions and groups it made.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::unistd::Pid;

use crate::trace::stop::{self, CpuTime, Report, Until};

/// Makes the calling process the reaper of all its descendants' orphans.
///
/// # Errors
/// When the kernel refuses.
pub fn adopt_orphans() -> io::Result<()> {
    nix::sys::prctl::set_child_subreaper(true)?;
    Ok(())
}

/// Asks for no signal where a child stops: whoever waits is woken all the same, and a stop costs less.
///
/// # Errors
/// When the kernel refuses.
pub(super) fn ignore_stops() -> io::Result<()> {
    let action = SigAction::new(SigHandler::SigDfl, SaFlags::SA_NOCLDSTOP, SigSet::empty());
    // SAFETY: the default action has no handler whose state could be violated.
    unsafe { sigaction(Signal::SIGCHLD, &action) }?;
    Ok(())
}

/// The living descendants of `ancestor`, parents before children, zombies left out.
#[must_use]
pub fn descendants(ancestor: i32) -> Vec<i32> {
    let mut found = Vec::new();
    let mut queue = VecDeque::from([ancestor]);
    while let Some(parent) = queue.pop_front() {
        for child in children(parent) {
            if found.contains(&child) {
                continue;
            }
            queue.push_back(child);
            if is_alive(child) {
                found.push(child);
            }
        }
    }
    found
}

/// Whether a process has a thread that has not ended. The first one may have, while others go on: then the state of the
/// process as a whole is that of a zombie.
fn is_alive(pid: i32) -> bool {
    match state(pid) {
        None | Some('X') => false,
        Some('Z') => threads(pid).len() > 1,
        Some(_) => true,
    }
}

/// The threads of a process, its first one also when that has ended.
#[must_use]
pub(super) fn threads(pid: i32) -> Vec<i32> {
    let entries = fs::read_dir(format!("/proc/{pid}/task"));
    let numbers = entries.into_iter().flatten().flatten();
    numbers
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// The children of all threads of a process, from `/proc/PID/task/TID/children` (`proc(5)`).
fn children(parent: i32) -> Vec<i32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{parent}/task")) else {
        return Vec::new();
    };
    let mut children = Vec::new();
    for thread in threads.flatten() {
        match fs::read_to_string(thread.path().join("children")) {
            Ok(text) => children.extend(
                text.split_whitespace()
                    .filter_map(|pid| pid.parse::<i32>().ok()),
            ),
            // A kernel without CONFIG_PROC_CHILDREN: look at every process's parent instead.
            Err(error) if error.kind() == io::ErrorKind::NotFound && thread.path().exists() => {
                return children_by_search(parent);
            }
            Err(_) => {}
        }
    }
    children
}

fn children_by_search(parent: i32) -> Vec<i32> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| parent_of(*pid) == Some(parent))
        .collect()
}

/// The state letter of a process.
#[must_use]
pub fn state(pid: i32) -> Option<char> {
    stat_fields(&format!("/proc/{pid}/stat"))?
        .first()?
        .chars()
        .next()
}

/// The parent of a process.
#[must_use]
pub fn parent_of(pid: i32) -> Option<i32> {
    stat_fields(&format!("/proc/{pid}/stat"))?
        .get(1)?
        .parse()
        .ok()
}

/// The process group of a process.
#[must_use]
pub fn group_of(pid: i32) -> Option<i32> {
    stat_fields(&format!("/proc/{pid}/stat"))?
        .get(2)?
        .parse()
        .ok()
}

/// The fields of a `stat` file after the command name, which may itself contain spaces and parentheses:
/// the first is the state, field 3 of `proc_pid_stat(5)`.
#[must_use]
pub(super) fn stat_fields(path: &str) -> Option<Vec<String>> {
    let text = String::from_utf8_lossy(&fs::read(path).ok()?).into_owned();
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

/// The children of the calling process that it has started and waits for: what is left of one that was killed is told from the others
/// by this list. Whoever starts such a child, or ends what another has left, holds it meanwhile.
pub fn own_children() -> MutexGuard<'static, Vec<i32>> {
    static OWN: Mutex<Vec<i32>> = Mutex::new(Vec::new());
    // A list of numbers is whole even when a thread panicked while it held the lock.
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills and reaps the children of the calling process that are not in `known`, until there are none: for a subreaper
/// that has adopted processes it did not start. Bounded in time; what cannot be killed stays.
pub fn end_children_except(known: &[i32]) {
    let own = Pid::this().as_raw();
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        let strangers: Vec<i32> = children(own)
            .into_iter()
            .filter(|pid| !known.contains(pid))
            .collect();
        if strangers.is_empty() {
            return;
        }
        for pid in strangers {
            let pid = Pid::from_raw(pid);
            // Nobody else reaps it, so its number is its own until the next line.
            let _ = kill(pid, Signal::SIGKILL);
            let _ = nix::sys::wait::waitpid(pid, Some(nix::sys::wait::WaitPidFlag::WNOHANG));
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}

/// Kills every descendant of the calling process. Those that are not traced are stopped before any is killed: what is
/// stopped cannot fork while the others die. Of the traced ones each newborn stands still until the tracer lets it go.
pub fn kill_all(traced: bool) {
    let family = descendants(Pid::this().as_raw());
    let signals: &[Signal] = if traced {
        &[Signal::SIGKILL]
    } else {
        &[Signal::SIGSTOP, Signal::SIGKILL]
    };
    for signal in signals {
        for pid in &family {
            // It may have ended in the meantime, but nobody outside the family has reaped it: its number cannot
            // belong to a stranger yet.
            let _ = kill(Pid::from_raw(*pid), *signal);
        }
    }
}

/// Kills every descendant of the calling process, which traces none of them, and reaps all that are or become its
/// children.
///
/// # Errors
/// When processes are still there at `deadline`.
pub fn end_all(deadline: Instant) -> io::Result<()> {
    loop {
        kill_all(false);
        loop {
            match stop::wait(libc::WNOHANG, CpuTime::Spared) {
                // A traced one stops once more before it ends.
                Ok(Some(Report::Stopped(stop, _))) => stop.resume(Until::NextStop),
                Ok(Some(Report::Ended { .. })) => {}
                Ok(None) | Err(Errno::EINTR) => break,
                Err(Errno::ECHILD) => return Ok(()),
                Err(errno) => return Err(errno.into()),
            }
        }
        if Instant::now() >= deadline {
            return Err(io::Error::other("processes cannot be ended"));
        }
        // Death is quick, and nobody else can be waited for: look again soon.
        std::thread::sleep(Duration::from_micros(500));
    }
}
