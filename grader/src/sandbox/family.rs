//! The processes of a run: found by descent from the runner, ended, reaped.
//!
//! The runner is a child subreaper (`prctl(2)`): a process whose parent has gone becomes the runner's child,
//! so descent from the runner reaches every process, whatever sessions and groups it made.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The unit of times in `proc_pid_stat(5)`: USER_HZ is 100 wherever Rust runs on Linux.
const TICK_MS: u64 = 10;

/// How a process ended, from the raw status of `wait(2)`.
///
/// Decoded by hand, because nix refuses the numbers of real-time signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It called `_exit` with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
}

/// Makes the calling process the reaper of all its descendants' orphans.
///
/// # Errors
/// When the kernel refuses.
pub fn adopt_orphans() -> io::Result<()> {
    nix::sys::prctl::set_child_subreaper(true)?;
    Ok(())
}

/// A child that has ended and is not reaped yet. `None` when none has; ECHILD when there is no child.
///
/// # Errors
/// ECHILD, when the caller has no children.
pub fn ended_child() -> Result<Option<i32>, Errno> {
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: all zeros is a value of `siginfo_t`, and the one that says that no child has ended.
    let mut information: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: `information` is a valid place for a `siginfo_t`, for the duration of the call.
    Errno::result(unsafe { libc::waitid(libc::P_ALL, 0, &raw mut information, options) })?;
    // SAFETY: `waitid` has filled in the fields of SIGCHLD, or the field is zero as before.
    let pid = unsafe { information.si_pid() };
    Ok((pid != 0).then_some(pid))
}

/// Reaps a child that has ended.
///
/// # Errors
/// ECHILD, when it is no child of the caller; EAGAIN, when it has not ended.
pub fn reap(child: i32) -> Result<Ended, Errno> {
    let mut status = 0;
    // SAFETY: `status` is a valid place for an int, for the duration of the call.
    let pid = Errno::result(unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) })?;
    if pid == 0 {
        return Err(Errno::EAGAIN);
    }
    Ok(if libc::WIFSIGNALED(status) {
        Ended::Signal(libc::WTERMSIG(status))
    } else {
        Ended::Code(libc::WEXITSTATUS(status))
    })
}

/// The CPU time that a process has used in all its threads, also when it has ended and is not reaped yet.
#[must_use]
pub fn cpu_time(pid: i32) -> Option<Duration> {
    let fields = stat_fields(&format!("/proc/{pid}/stat"))?;
    // Fields 14 and 15: in user mode, and in the kernel for it.
    let ticks = |field: usize| fields.get(field)?.parse::<u64>().ok();
    Some(Duration::from_millis((ticks(11)? + ticks(12)?) * TICK_MS))
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

/// The fields of a `stat` file after the command name, which may itself contain spaces and parentheses:
/// the first is the state, field 3 of `proc_pid_stat(5)`.
#[must_use]
pub(super) fn stat_fields(path: &str) -> Option<Vec<String>> {
    let text = String::from_utf8_lossy(&fs::read(path).ok()?).into_owned();
    let (_, fields) = text.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
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

/// Kills every descendant of the calling process, and reaps all that were its children or became so.
/// Each that is reaped is handed to `reaped`.
///
/// # Errors
/// When processes are still there at `deadline`.
pub fn end_all(deadline: Instant, mut reaped: impl FnMut(i32, Ended)) -> io::Result<()> {
    let own = Pid::this().as_raw();
    loop {
        let family = descendants(own);
        // Stop all before killing any: what is stopped cannot fork while the others die.
        for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
            for pid in &family {
                // It may have ended in the meantime, but not been reaped by anybody else: its parent is in the
                // family too, and stopped. Its number cannot belong to a stranger.
                let _ = kill(Pid::from_raw(*pid), signal);
            }
        }
        loop {
            match ended_child() {
                Ok(Some(pid)) => reaped(pid, reap(pid)?),
                Ok(None) => break,
                Err(Errno::ECHILD) => return Ok(()),
                Err(errno) => return Err(errno.into()),
            }
        }
        if Instant::now() >= deadline {
            return Err(io::Error::other("processes of the run cannot be ended"));
        }
        // Death is quick, and nobody else can be waited for: look again soon.
        std::thread::sleep(Duration::from_micros(500));
    }
}
