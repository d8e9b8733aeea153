//! What a driver reads in `/proc`, instead of believing what the student's function says.

use std::fs;
use std::time::Duration;

use nix::unistd::Pid;

/// How long a process of the driver's pauses before it looks again. A shorter or longer pause changes the speed only.
const PAUSE: Duration = Duration::from_millis(1);

/// What `/proc/PID/stat` says of a process, see `proc_pid_stat(5)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    /// The letter: R, S, D, T, Z and others.
    pub(crate) state: char,
    /// Its parent.
    pub(crate) parent: Pid,
}

/// What the kernel says of a process; `None` if there is none with this pid.
pub(crate) fn row(pid: Pid) -> Option<Row> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before the state is in parentheses, and may itself contain parentheses and spaces.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    Some(Row {
        state: fields.next()?.chars().next()?,
        parent: Pid::from_raw(fields.next()?.parse().ok()?),
    })
}

/// How far a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It runs, sleeps or is stopped.
    Alive,
    /// It has ended, its parent has been told, and nobody has reaped it.
    Zombie,
    /// It was reaped.
    Gone,
}

/// How far a process is.
pub(crate) fn stage(pid: Pid) -> Stage {
    let Ok(status) = fs::read_to_string(format!("/proc/{pid}/status")) else {
        return Stage::Gone;
    };
    let is = |name: &str, value: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.is_some_and(|text| text.trim_start().starts_with(value))
    };
    // Whoever traces a process is told of its end first, and its parent only when the tracer has let it go.
    if is("State:", "Z") && is("TracerPid:", "0") {
        Stage::Zombie
    } else {
        Stage::Alive
    }
}

/// Whether a process has ended and its parent has been told.
pub(crate) fn has_ended(pid: Pid) -> bool {
    stage(pid) != Stage::Alive
}

/// Waits until something holds that no call waits for, because it is about a process that is not a child of this one.
pub(crate) fn wait_until(condition: impl Fn() -> bool) {
    while !condition() {
        std::thread::sleep(PAUSE);
    }
}
