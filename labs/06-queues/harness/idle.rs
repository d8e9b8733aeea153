//! Whether another process has nothing to do: it sleeps in the kernel, or has ended.
//!
//! Drivers wait for that where an order is to be the same in every run. Nothing depends on how long anything takes.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use nix::unistd::{Pid, SysconfVar, sysconf};

/// How long a driver waits before it looks again, at first and at most. Other pauses change the speed only.
const PAUSES: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(16)];

/// A process with nothing to do that uses so much CPU time will not sleep: it asks again and again instead of waiting.
const BUSY: Duration = Duration::from_millis(50);

/// The same, where it is traced: it is stopped at each question, and uses hardly any CPU time.
const BUSY_SWITCHES: u64 = 1000;

/// Waits until the process has nothing to do any more.
pub(crate) fn until_idle(process: Pid) {
    let Some(watch) = Watch::on(process) else {
        return;
    };
    let [mut pause, longest] = PAUSES;
    let begun = watch.used();
    while watch.look().is_some_and(|look| !look.is_idle) {
        if begun.zip(watch.used()).is_some_and(|(begun, now)| {
            now.cpu.saturating_sub(begun.cpu) > BUSY
                || now.switches.saturating_sub(begun.switches) > BUSY_SWITCHES
        }) {
            return;
        }
        // By a futex: a call such as `poll` would count as one of the student's.
        std::thread::park_timeout(pause);
        pause = longest.min(pause * 2);
    }
}

/// The children that a process has at the moment.
pub(crate) fn children_of(parent: Pid) -> Vec<Pid> {
    // Not every kernel has this list, see proc_pid_task_children(5).
    if let Ok(list) = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")) {
        let pids = list.split_whitespace().filter_map(|pid| pid.parse().ok());
        return pids.map(Pid::from_raw).collect();
    }
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_child = |pid: &Pid| {
        let look = Watch::on(*pid).and_then(|watch| watch.look());
        look.is_some_and(|look| look.parent == parent)
    };
    pids.map(Pid::from_raw).filter(is_child).collect()
}

/// A process that is watched. Where the program is traced each call costs time, so a look is one call.
struct Watch {
    stat: File,
    status: File,
}

/// A look at a process.
struct Look {
    is_idle: bool,
    parent: Pid,
}

/// What a process has used until now.
#[derive(Clone, Copy)]
struct Used {
    cpu: Duration,
    /// How often it gave up the CPU by itself.
    switches: u64,
}

impl Watch {
    /// `None` when there is no such process.
    fn on(process: Pid) -> Option<Self> {
        Some(Self {
            stat: File::open(format!("/proc/{process}/stat")).ok()?,
            status: File::open(format!("/proc/{process}/status")).ok()?,
        })
    }

    /// `None` when the process has gone.
    fn look(&self) -> Option<Look> {
        let text = text(&self.stat)?;
        let mut fields = fields(&text);
        // A process that waits, or a zombie.
        let is_idle = matches!(fields.next()?, "S" | "Z" | "X");
        let parent = Pid::from_raw(fields.next()?.parse().ok()?);
        Some(Look { is_idle, parent })
    }

    fn used(&self) -> Option<Used> {
        let stat = text(&self.stat)?;
        // Fields 14 and 15 of proc_pid_stat(5); the first that is left is field 3.
        let ticks = fields(&stat).skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        let second = sysconf(SysconfVar::CLK_TCK).ok()??.max(1).unsigned_abs();
        let status = text(&self.status)?;
        let mut lines = status.lines();
        let switches = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?;
        Some(Used {
            cpu: Duration::from_millis(ticks * 1000 / second),
            switches: switches.trim().parse().ok()?,
        })
    }
}

/// The fields behind the name, which is in parentheses and may itself contain any character.
fn fields(stat: &str) -> impl Iterator<Item = &str> {
    stat.rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
}

/// The whole of a small file of /proc, as it is now.
fn text(file: &File) -> Option<String> {
    let mut buffer = [0; 4096];
    let length = file.read_at(&mut buffer, 0).ok()?;
    Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
}
