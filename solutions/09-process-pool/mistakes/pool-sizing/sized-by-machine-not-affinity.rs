//! Mistake: all CPUs of the machine are counted, also those that this process may not use.

use std::fs;
use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use process_pool::pool_sizing::{Load, Profile, Row, drive};

fn pool_size(profile: Profile) -> io::Result<usize> {
    let table = fs::read_to_string("/proc/cpuinfo")?;
    let is_cpu = |line: &&str| line.starts_with("processor");
    let cpus = table.lines().filter(is_cpu).count();
    // While one task waits, its CPU is free for others: as many as fit into the time from one computing to the next.
    let whole = profile.compute + profile.wait;
    let workers = cpus as f64 * whole.as_secs_f64() / profile.compute.as_secs_f64();
    Ok(workers.round() as usize)
}

fn measure(load: &Load, workers: usize) -> io::Result<Row> {
    // This account grows when a child is reaped, by all that the child has used. So it is read when the pool has reaped its workers,
    // and once before, for those of earlier pools.
    let before = cpu_of_children()?;
    // A clock that nobody sets back, unlike the time of day.
    let begin = Instant::now();
    load.run(workers)?;
    let wall = begin.elapsed();
    Ok(Row {
        wall,
        cpu: cpu_of_children()? - before,
    })
}

fn cpu_of_children() -> nix::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    // For their own code, and for what the kernel did for them.
    Ok(duration(usage.user_time()) + duration(usage.system_time()))
}

fn duration(time: TimeVal) -> Duration {
    let seconds = Duration::from_secs(time.tv_sec().unsigned_abs());
    seconds + Duration::from_micros(time.tv_usec().unsigned_abs())
}

fn main() -> ExitCode {
    drive(pool_size, measure)
}
