//! Mistake: the CPU time is that of the main process, which sleeps while the workers work.

use std::io;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::sched::{CpuSet, sched_getaffinity};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use nix::unistd::Pid;
use process_pool::pool_sizing::{Load, Profile, Row, drive};

fn pool_size(profile: Profile) -> io::Result<usize> {
    // What this process may use: a container, taskset(1) or a batch system may have left it less than the machine has.
    let allowed = sched_getaffinity(Pid::from_raw(0))?;
    let is_allowed = |cpu: &usize| allowed.is_set(*cpu) == Ok(true);
    let cpus = (0..CpuSet::count()).filter(is_allowed).count();
    // While one task waits, its CPU is free for others: as many as fit into the time from one computing to the next.
    let whole = profile.compute + profile.wait;
    let workers = cpus as f64 * whole.as_secs_f64() / profile.compute.as_secs_f64();
    Ok(workers.round() as usize)
}

fn measure(load: &Load, workers: usize) -> io::Result<Row> {
    let before = cpu_time()?;
    // A clock that nobody sets back, unlike the time of day.
    let begin = Instant::now();
    load.run(workers)?;
    let wall = begin.elapsed();
    Ok(Row {
        wall,
        cpu: cpu_time()? - before,
    })
}

fn cpu_time() -> nix::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
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
