//! Whether another process has nothing to do: it sleeps in the kernel, or has ended.
//!
//! Drivers wait for that where an order is to be the same in every run. Nothing depends on how long anything takes.

use std::fs;
use std::time::Duration;

use nix::poll::poll;
use nix::unistd::{Pid, SysconfVar, sysconf};

/// How long a driver waits before it looks again. A shorter or longer pause changes the speed only.
const PAUSE_MS: u8 = 1;

/// A process with nothing to do that uses so much CPU time asks again and again instead of waiting.
const BUSY: Duration = Duration::from_millis(100);

/// What a process with nothing to do is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    /// It sleeps, or has ended.
    Nothing,
    /// It asks again and again.
    Spins,
}

/// Waits until the process has nothing to do any more.
pub(crate) fn until_idle(process: Pid) -> nix::Result<Doing> {
    let begun = Look::at(process).map_or(Duration::ZERO, |look| look.cpu);
    loop {
        let Some(look) = Look::at(process) else {
            return Ok(Doing::Nothing);
        };
        match look.state {
            'S' | 'Z' | 'X' => return Ok(Doing::Nothing),
            _ if look.cpu.saturating_sub(begun) > BUSY => return Ok(Doing::Spins),
            _ => poll(&mut [], PAUSE_MS)?,
        };
    }
}

/// The children that a process has at the moment.
pub(crate) fn children_of(parent: Pid) -> Vec<Pid> {
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
}

impl Look {
    /// `None` when there is no such process.
    fn at(process: Pid) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name before the state is in parentheses and may itself contain any character.
        let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
        // Fields 3, 4, 14 and 15 of proc_pid_stat(5).
        let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let second = sysconf(SysconfVar::CLK_TCK).ok()??.max(1);
        Some(Self {
            state: fields.first()?.chars().next()?,
            parent: Pid::from_raw(fields.get(1)?.parse().ok()?),
            cpu: Duration::from_millis((ticks(11)? + ticks(12)?) * 1000 / second.unsigned_abs()),
        })
    }
}
