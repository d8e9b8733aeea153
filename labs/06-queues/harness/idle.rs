//! Whether another process has nothing to do: it sleeps in the kernel, or has ended.
//!
//! Drivers wait for that where an order is to be the same in every run. Nothing depends on how long anything takes.

use std::fs;
use std::time::Duration;

use nix::unistd::{Pid, SysconfVar, sysconf};

/// How long a driver waits before it looks again. A shorter or longer pause changes the speed only.
const PAUSE: Duration = Duration::from_millis(1);

/// A process with nothing to do that uses so much CPU time will not sleep: it asks again and again instead of waiting.
const BUSY: Duration = Duration::from_millis(50);

/// The same, where it is traced: it is stopped at each question, and uses hardly any CPU time.
const BUSY_SWITCHES: u64 = 1000;

/// Waits until the process has nothing to do any more.
pub(crate) fn until_idle(process: Pid) {
    let Some(begun) = Look::at(process) else {
        return;
    };
    while let Some(look) = Look::at(process) {
        let is_idle = matches!(look.state, 'S' | 'Z' | 'X');
        let cpu = look.cpu.saturating_sub(begun.cpu);
        let switches = look.switches.saturating_sub(begun.switches);
        if is_idle || cpu > BUSY || switches > BUSY_SWITCHES {
            return;
        }
        // By a futex: a call such as `poll` would count as one of the student's.
        std::thread::park_timeout(PAUSE);
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
    let is_child = |pid: &Pid| Look::at(*pid).is_some_and(|look| look.parent == parent);
    pids.map(Pid::from_raw).filter(is_child).collect()
}

/// A look at a process.
struct Look {
    state: char,
    parent: Pid,
    cpu: Duration,
    /// How often it gave up the CPU by itself.
    switches: u64,
}

impl Look {
    /// `None` when there is no such process.
    fn at(process: Pid) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name before the state is in parentheses and may itself contain any character.
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        // Fields 3, 4, 14 and 15 of proc_pid_stat(5).
        let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let switches = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        let second = sysconf(SysconfVar::CLK_TCK).ok()??.max(1);
        Some(Self {
            state: fields.first()?.chars().next()?,
            parent: Pid::from_raw(fields.get(1)?.parse().ok()?),
            cpu: Duration::from_millis((ticks(11)? + ticks(12)?) * 1000 / second.unsigned_abs()),
            switches: switches.and_then(|text| text.trim().parse().ok())?,
        })
    }
}
