//! Whether others have nothing to do: each thread that is asked about sleeps in the kernel, or has ended.
//!
//! Drivers wait for that where an order is to be the same in every run. Nothing depends on how long anything takes: who
//! sleeps in two looks, and was not switched to in between, has slept all the time.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use nix::unistd::{Pid, SysconfVar, getpid, gettid, sysconf};

/// How long a driver waits before it looks again, at first and at most. Other pauses change the speed only.
const PAUSES: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(8)];

/// A thread with nothing to do that uses so much CPU time will not sleep: it asks again and again instead of waiting.
const BUSY: Duration = Duration::from_millis(50);

/// The same, where it is traced: it is stopped at each question, and uses hardly any CPU time.
const BUSY_SWITCHES: u64 = 1000;

/// The same, where it naps between its questions: so many looks find it asleep, and awake in between.
const BUSY_LOOKS: u32 = 150;

/// What came of waiting for others to come to rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// All of them sleep, or have ended.
    Reached,
    /// One of them has nothing to do, and asks again and again instead of waiting.
    Busy,
}

/// A thread: its process and its own id.
pub(crate) type Task = (Pid, Pid);

/// The first thread of a process.
pub(crate) fn first_thread(process: Pid) -> Task {
    (process, process)
}

/// The threads of the calling process, without the calling thread.
pub(crate) fn other_threads() -> Vec<Task> {
    let entries = fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let ids = ids.map(Pid::from_raw).filter(|id| *id != gettid());
    ids.map(|id| (getpid(), id)).collect()
}

/// The children that a process has at the moment, zombies included.
pub(crate) fn children_of(parent: Pid) -> Vec<Pid> {
    // Not every kernel has this list, see proc_pid_task_children(5).
    if let Ok(list) = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")) {
        let pids = list.split_whitespace().filter_map(|pid| pid.parse().ok());
        return pids.map(Pid::from_raw).collect();
    }
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |pid: &i32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status"));
        status.is_ok_and(|status| field(&status, "PPid:") == Some(&parent.to_string()))
    };
    pids.filter(is_child).map(Pid::from_raw).collect()
}

/// Waits until these threads have nothing to do. Which they are is asked again at each look.
pub(crate) fn until_at_rest(who: impl Fn() -> Vec<Task>) -> Rest {
    let mut watched = BTreeMap::new();
    let mut before = Vec::new();
    let [mut pause, longest] = PAUSES;
    let mut restless = 0;
    loop {
        let looks: Vec<(Task, Look)> = who()
            .into_iter()
            .filter_map(|task| {
                let watch = match watched.entry(task) {
                    std::collections::btree_map::Entry::Occupied(it) => it.into_mut(),
                    std::collections::btree_map::Entry::Vacant(it) => it.insert(Watch::on(task)?),
                };
                Some((task, watch.look()?))
            })
            .collect();
        if looks.iter().all(|(_, look)| look.sleeps) {
            if looks == before {
                return Rest::Reached;
            }
            restless += 1;
        }
        if restless > BUSY_LOOKS || watched.values().any(Watch::is_busy) {
            return Rest::Busy;
        }
        before = looks;
        // By a futex: a call such as `poll` would count as one of the student's.
        std::thread::park_timeout(pause);
        pause = longest.min(pause * 2);
    }
}

/// A thread that is watched. Where the program is traced each call costs time, so the files stay open.
struct Watch {
    stat: File,
    status: File,
    since: Option<Used>,
}

/// A look at a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    /// It sleeps, or is a zombie.
    sleeps: bool,
    /// How often it has given up the CPU, or lost it.
    switches: u64,
}

/// What a thread has used until now.
#[derive(Debug, Clone, Copy)]
struct Used {
    cpu: Duration,
    /// How often it gave up the CPU by itself.
    switches: u64,
}

impl Watch {
    /// `None` when there is no such thread.
    fn on((process, thread): Task) -> Option<Self> {
        let open = |name| File::open(format!("/proc/{process}/task/{thread}/{name}")).ok();
        let mut watch = Self {
            stat: open("stat")?,
            status: open("status")?,
            since: None,
        };
        watch.since = Some(watch.used()?);
        Some(watch)
    }

    /// `None` when the thread has gone.
    fn look(&self) -> Option<Look> {
        let status = text(&self.status)?;
        let state = field(&status, "State:")?;
        Some(Look {
            sleeps: state.starts_with(['S', 'Z', 'X']),
            switches: number(&status, "voluntary_ctxt_switches:")?
                + number(&status, "nonvoluntary_ctxt_switches:")?,
        })
    }

    fn used(&self) -> Option<Used> {
        let stat = text(&self.stat)?;
        // Fields 14 and 15 of proc_pid_stat(5). The first behind the name, which is in parentheses and may contain anything, is
        // field 3.
        let fields = stat.rsplit(')').next()?.split_whitespace();
        let ticks = fields.skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        let second = sysconf(SysconfVar::CLK_TCK).ok()??.max(1).unsigned_abs();
        Some(Used {
            cpu: Duration::from_millis(ticks * 1000 / second),
            switches: number(&text(&self.status)?, "voluntary_ctxt_switches:")?,
        })
    }

    fn is_busy(&self) -> bool {
        self.since.zip(self.used()).is_some_and(|(since, now)| {
            now.cpu.saturating_sub(since.cpu) > BUSY
                || now.switches.saturating_sub(since.switches) > BUSY_SWITCHES
        })
    }
}

fn number(status: &str, name: &str) -> Option<u64> {
    field(status, name)?.parse().ok()
}

/// A line of `/proc/PID/status`.
fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = status.lines();
    Some(lines.find_map(|line| line.strip_prefix(name))?.trim())
}

/// The whole of a small file of /proc, as it is now.
fn text(file: &File) -> Option<String> {
    let mut buffer = [0; 4096];
    let length = file.read_at(&mut buffer, 0).ok()?;
    (length > 0).then(|| String::from_utf8_lossy(&buffer[..length]).into_owned())
}
