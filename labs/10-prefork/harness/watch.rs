//! What a driver asks the kernel about a server and the processes below it. Nothing here reaps one.

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::thread::park_timeout;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, getppid};
use rustix::process::{PidfdFlags, pidfd_open};

/// How long a driver waits before it looks again, at first and at most. Other pauses change the speed only.
const PAUSES: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(16)];

/// Processes that all sleep, with no signal on its way, and have not run for so long, will not run by themselves.
const STILL: Duration = Duration::from_millis(250);

/// Those that go on running without coming closer to what is waited for are given up then.
const LONGEST: Duration = Duration::from_secs(6);

/// Called in a process that a driver forked: it does not outlive the driver.
pub(crate) fn end_with(driver: Pid) {
    let is_set = set_pdeathsig(Signal::SIGKILL).is_ok();
    // Asked after the call: a driver that ended before it sends no signal any more.
    if !is_set || getppid() != driver {
        // SAFETY: `_exit` ends this process without running anything else of it.
        unsafe { nix::libc::_exit(1) }
    }
}

/// A descriptor that is readable once a child of the caller has ended.
pub(crate) fn pidfd(child: Pid) -> nix::Result<OwnedFd> {
    let child = rustix::process::Pid::from_raw(child.as_raw()).ok_or(Errno::ESRCH)?;
    pidfd_open(child, PidfdFlags::empty()).map_err(|error| Errno::from_raw(error.raw_os_error()))
}

/// A process, as a look at it shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) pid: Pid,
    pub(crate) is_zombie: bool,
    /// Whether nothing but another process, or the network, can make it go on.
    is_still: bool,
    /// How often it has given up the CPU or lost it: as long as these numbers stay, it has not run.
    switches: String,
}

/// The children of a process, and the processes below them, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Family {
    root: Option<Seen>,
    pub(crate) children: Vec<Seen>,
    others: Vec<Seen>,
}

impl Family {
    fn of(root: Pid) -> Self {
        let children = children_of(root);
        let mut below: Vec<Pid> = children.iter().flat_map(|it| children_of(*it)).collect();
        let mut at = 0;
        while let Some(process) = below.get(at) {
            below.extend(children_of(*process));
            at += 1;
        }
        let see = |pids: Vec<Pid>| pids.into_iter().filter_map(look).collect();
        Self {
            root: look(root),
            children: see(children),
            others: see(below),
        }
    }

    fn is_still(&self) -> bool {
        let mut all = self.root.iter().chain(&self.children).chain(&self.others);
        all.all(|it| it.is_still)
    }

    /// How many children run, or sleep.
    pub(crate) fn alive(&self) -> usize {
        self.children.iter().filter(|it| !it.is_zombie).count()
    }

    /// How many children have ended and were not waited for.
    pub(crate) fn zombies(&self) -> usize {
        self.children.len() - self.alive()
    }
}

/// Waits until the family of a process is as wanted, and returns it; or as it is when it will not become so: when nobody in it
/// has anything to do any more.
pub(crate) fn until(root: Pid, wanted: impl Fn(&Family) -> bool) -> Family {
    let begun = Instant::now();
    let [mut pause, longest] = PAUSES;
    let mut last = Family::of(root);
    let mut since = Instant::now();
    loop {
        if wanted(&last) || begun.elapsed() > LONGEST {
            return last;
        }
        // By a futex: a call such as `poll` would count as one of the program's.
        park_timeout(pause);
        pause = longest.min(pause * 2);
        let now = Family::of(root);
        if now != last || !now.is_still() {
            since = Instant::now();
            last = now;
        } else if since.elapsed() > STILL {
            return last;
        }
    }
}

/// The children that a process has at the moment.
pub(crate) fn children_of(parent: Pid) -> Vec<Pid> {
    // A list for each of its threads. Not every kernel has them, see proc_pid_task_children(5).
    let threads = entries(&format!("/proc/{parent}/task"));
    let lists: Option<Vec<String>> = threads
        .map(|thread| fs::read_to_string(format!("/proc/{parent}/task/{thread}/children")).ok())
        .collect();
    if let Some(lists) = lists.filter(|lists| !lists.is_empty()) {
        let pids = lists.iter().flat_map(|list| list.split_whitespace());
        return pids
            .filter_map(|pid| Some(Pid::from_raw(pid.parse().ok()?)))
            .collect();
    }
    let is_child = |pid: &Pid| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        field(&status, "PPid:") == Some(parent.to_string().as_str())
    };
    entries("/proc")
        .map(Pid::from_raw)
        .filter(is_child)
        .collect()
}

/// The entries of a folder whose names are numbers.
fn entries(folder: &str) -> impl Iterator<Item = i32> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn look(pid: Pid) -> Option<Seen> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let state = field(&status, "State:")?;
    let is_zombie = state.starts_with(['Z', 'X']);
    let number = |name| field(&status, name).and_then(|text| u64::from_str_radix(text, 16).ok());
    let sent = number("SigPnd:")? | number("ShdPnd:")?;
    let is_still = if is_zombie {
        // Under a tracer the end of a process is first told to the tracer, and to the parent afterwards (ptrace(2)).
        field(&status, "TracerPid:")? == "0" || !is_traced()
    } else {
        state.starts_with('S') && sent & !number("SigBlk:")? == 0
    };
    let switches = if is_zombie {
        String::new()
    } else {
        let own = field(&status, "voluntary_ctxt_switches:")?;
        format!("{own} {}", field(&status, "nonvoluntary_ctxt_switches:")?)
    };
    Some(Seen {
        pid,
        is_zombie,
        is_still,
        switches,
    })
}

/// Whether a process takes a signal by a descriptor or a call for it, and has taken the one that was sent: it is blocked there, and
/// not pending any more. Of one that ignores it or has a handler nothing is known.
pub(crate) fn has_taken(process: Pid, signal: Signal) -> bool {
    let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else {
        return false;
    };
    let bit = 1u64 << (signal as i32 - 1);
    let is_in = |name| {
        let set = field(&status, name).and_then(|text| u64::from_str_radix(text, 16).ok());
        set.is_some_and(|set| set & bit != 0)
    };
    is_in("SigBlk:") && !is_in("ShdPnd:") && !is_in("SigPnd:")
}

/// Whether the driver, and with it everything that it has forked, is traced.
fn is_traced() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    field(&status, "TracerPid:").is_some_and(|tracer| tracer != "0")
}

/// A line of such a text.
fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = status.lines();
    Some(lines.find_map(|line| line.strip_prefix(name))?.trim())
}

/// Waits until so many connections that nobody has accepted are ready in the queue of the socket that listens on this port.
///
/// A `connect` that has returned says that the server's side has agreed; that the connection is in the queue is true a moment later.
pub(crate) fn until_queued(port: u16, connections: usize) {
    let [mut pause, longest] = PAUSES;
    let begun = Instant::now();
    while queued(port).is_some_and(|it| it != connections) && begun.elapsed() < LONGEST {
        park_timeout(pause);
        pause = longest.min(pause * 2);
    }
}

/// The length of that queue: for a socket that listens, `/proc/net/tcp` has it in the place of the bytes received.
fn queued(port: u16) -> Option<usize> {
    const LISTENS: &str = "0A";
    let table = fs::read_to_string("/proc/net/tcp").ok()?;
    let port = format!(":{port:04X}");
    table.lines().find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let local = fields.next()?;
        let state = fields.nth(1)?;
        let queues = fields.next()?;
        let is_it = local.ends_with(&port) && state == LISTENS;
        let length = queues.split_once(':').filter(|_| is_it)?.1;
        usize::from_str_radix(length, 16).ok()
    })
}

/// Waits until a child of the calling process stands still (SIGSTOP).
pub(crate) fn until_stopped(child: Pid) {
    let look = WaitPidFlag::WSTOPPED | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    while waitid(Id::Pid(child), look) == Err(Errno::EINTR) {}
}

/// The port that a listener has got.
pub(crate) fn port_of(listener: &TcpListener) -> std::io::Result<u16> {
    Ok(listener.local_addr()?.port())
}

/// Waits until a process and all below it sleep.
pub(crate) fn until_asleep(process: Pid) {
    until(process, Family::is_still);
}
