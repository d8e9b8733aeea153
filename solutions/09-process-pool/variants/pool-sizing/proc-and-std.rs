//! Right, by another way: the standard library's count, which looks at the affinity, and the ticks of `/proc/self/stat`.

use std::fs;
use std::io;
use std::process::ExitCode;
use std::thread::available_parallelism;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use nix::unistd::{SysconfVar, sysconf};
use process_pool::pool_sizing::{Load, Profile, Row, drive};

fn pool_size(profile: Profile) -> io::Result<usize> {
    let factor = (profile.compute + profile.wait).as_nanos() / profile.compute.as_nanos();
    Ok(available_parallelism()?.get() * usize::try_from(factor).map_err(io::Error::other)?)
}

fn measure(load: &Load, workers: usize) -> io::Result<Row> {
    let now = || clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from);
    let (begin, before) = (now()?, cpu_of_children()?);
    load.run(workers)?;
    Ok(Row {
        wall: now()? - begin,
        cpu: cpu_of_children()? - before,
    })
}

/// Fields 16 and 17 of proc_pid_stat(5), in ticks.
fn cpu_of_children() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name before may itself contain any character. The first field behind it is number 3.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(13).take(2);
    let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
    let second = sysconf(SysconfVar::CLK_TCK)?.unwrap_or(100).unsigned_abs();
    Ok(Duration::from_millis(ticks * 1000 / second.max(1)))
}

fn main() -> ExitCode {
    drive(pool_size, measure)
}
