//! What workers cost: how long until all are at work, and how much memory they have taken by then.

use std::fs;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use nix::unistd::{Pid, getpid, getppid};

use super::{Page, Way};

/// Nanoseconds of the clock that is the same in all processes.
pub(super) fn now() -> u64 {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from);
    time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

/// To be called by the host right before it calls the student's function.
pub(super) fn begin(page: &Page) {
    // To measure takes memory, too: it has taken it after the first time.
    let own = [getppid(), getpid()];
    let before = memory(&own).and_then(|_| memory(&own));
    let noted = before.map_or(0, |before| before + 1);
    page.memory.store(noted, Ordering::Relaxed);
    page.called.store(now(), Ordering::Relaxed);
}

/// How many KiB of memory these processes have together; what several share counts once. `None` where the kernel does not say.
fn memory(processes: &[Pid]) -> Option<u64> {
    let own = |process: &Pid| {
        let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
        // Its share of each page: what belongs to three processes counts a third in each.
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    processes.iter().map(own).sum()
}

/// Says on standard error what the workers cost that are all at work now.
pub(super) fn report(way: Way, page: &Page, workers: usize, host: Pid) {
    let seen = &page.workers[..workers];
    let last = seen.iter().map(|it| it.at.load(Ordering::Relaxed)).max();
    let since = page.called.load(Ordering::Relaxed);
    let took = Duration::from_nanos(last.unwrap_or(since).saturating_sub(since));
    let mut all = vec![getpid(), host];
    for worker in seen {
        let pid = Pid::from_raw(worker.pid.load(Ordering::Acquire));
        if !all.contains(&pid) {
            all.push(pid);
        }
    }
    let before = page.memory.load(Ordering::Relaxed).checked_sub(1);
    let memory = match (before, memory(&all)) {
        (Some(before), Some(now)) => format!("{} KiB", now.saturating_sub(before)),
        _ => "an unknown amount".to_owned(),
    };
    eprintln!(
        "{workers} {}: all at work after {took:.1?}, with {memory} of memory more",
        way.noun()
    );
}
