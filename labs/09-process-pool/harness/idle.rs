//! Whether another process has nothing to do: it sleeps in the kernel, or has ended.
//!
//! Drivers wait for that where an order is to be the same in every run. Nothing depends on how long anything takes.

use std::fs;
use std::time::Duration;

use nix::unistd::{Pid, SysconfVar, sysconf};

/// How long a driver waits before it looks again, at first and at most. Other pauses change the speed only.
const PAUSES: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(16)];

/// A process with nothing to do that uses so much CPU time will not sleep: it asks again and again instead of waiting.
const BUSY: Duration = Duration::from_millis(50);

/// Pauses between looks at other processes.
pub(crate) struct Pauses(Duration);

impl Pauses {
    pub(crate) fn begin() -> Self {
        Self(PAUSES[0])
    }

    pub(crate) fn pause(&mut self) {
        // By a futex: a call such as `poll` would count as one of the student's.
        std::thread::park_timeout(self.0);
        self.0 = PAUSES[1].min(self.0 * 2);
    }
}

/// Waits until the process has nothing to do any more.
pub(crate) fn until_idle(process: Pid) {
    let mut pauses = Pauses::begin();
    let begun = look(process);
    while let Some(now) = look(process).filter(|it| !it.is_idle) {
        let before = begun.map_or(Duration::ZERO, |it| it.cpu);
        if now.cpu.saturating_sub(before) > BUSY {
            return;
        }
        pauses.pause();
    }
}

/// Whether the process has nothing to do at the moment.
pub(crate) fn is_idle(process: Pid) -> bool {
    look(process).is_none_or(|look| look.is_idle)
}

/// A look at a process.
#[derive(Debug, Clone, Copy)]
struct Look {
    is_idle: bool,
    cpu: Duration,
}

/// `None` when the process has gone.
fn look(process: Pid) -> Option<Look> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name before the state is in parentheses, and may itself contain any character.
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    // Fields 14 and 15 of proc_pid_stat(5); the first that is left is field 3.
    let ticks = fields.get(11..13)?.iter();
    let ticks: u64 = ticks.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    let second = sysconf(SysconfVar::CLK_TCK).ok()??.max(1).unsigned_abs();
    Some(Look {
        // A process that waits, or a zombie.
        is_idle: matches!(*fields.first()?, "S" | "Z" | "X"),
        cpu: Duration::from_millis(ticks * 1000 / second),
    })
}
