//! What a driver asks the kernel about a process. Nothing here reaps one.

use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::time::clock_getcpuclockid;
use nix::unistd::{Pid, getppid};
use rustix::process::{PidfdFlags, pidfd_open};

/// How long the driver waits before it looks again at what nobody reports. It changes the speed only.
pub(crate) const PAUSE: Duration = Duration::from_millis(1);

/// Called in a process that a driver forked: it does not outlive the driver.
pub(crate) fn end_with(driver: Pid) {
    let is_set = set_pdeathsig(Signal::SIGKILL).is_ok();
    // Asked after the call: a driver that ended before it sends no signal any more.
    if !is_set || getppid() != driver {
        // SAFETY: `_exit` ends this process without running anything else of it.
        unsafe { nix::libc::_exit(1) }
    }
}

/// A descriptor that is readable once the process has ended, whether it is reaped or not. The process must be a child
/// of the caller that has not been reaped; otherwise the number may be a stranger's.
pub(crate) fn pidfd(process: Pid) -> nix::Result<OwnedFd> {
    let process = rustix::process::Pid::from_raw(process.as_raw()).ok_or(Errno::ESRCH)?;
    pidfd_open(process, PidfdFlags::empty()).map_err(|error| Errno::from_raw(error.raw_os_error()))
}

/// Waits until one of the descriptors is readable; `None` when the time is over first.
pub(crate) fn first_readable(
    descriptors: &[BorrowedFd<'_>],
    longest: Option<Duration>,
) -> nix::Result<Option<usize>> {
    let mut all: Vec<PollFd<'_>> = descriptors
        .iter()
        .map(|descriptor| PollFd::new(*descriptor, PollFlags::POLLIN))
        .collect();
    let timeout = longest.map_or(PollTimeout::NONE, |time| {
        PollTimeout::try_from(time).unwrap_or(PollTimeout::MAX)
    });
    loop {
        match poll(&mut all, timeout) {
            // The time begins anew: it is a bound, and nothing is measured by it.
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
            Ok(_) => return Ok(all.iter().position(|it| it.any() == Some(true))),
        }
    }
}

/// Whether a process ends within this time.
pub(crate) fn ends_within(pidfd: &OwnedFd, longest: Duration) -> nix::Result<bool> {
    Ok(first_readable(&[pidfd.as_fd()], Some(longest))?.is_some())
}

/// Whether a process sleeps in the kernel, with all of its threads.
pub(crate) fn sleeps(process: Pid) -> bool {
    let threads = threads(process);
    let asleep = |status: &String| field(status, "State:").is_some_and(|it| it.starts_with('S'));
    !threads.is_empty() && threads.iter().all(asleep)
}

/// How long a process has used the CPU, with all of its threads. Nothing for one that has gone.
pub(crate) fn cpu_time(process: Pid) -> Duration {
    let clock = clock_getcpuclockid(process);
    let time = clock.and_then(|clock| clock.now());
    time.map_or(Duration::ZERO, Duration::from)
}

/// How often the threads of a process have given up the CPU or lost it: as long as these numbers stay, it has not run.
pub(crate) fn switches(process: Pid) -> Vec<String> {
    let count = |status: &String| {
        let own = field(status, "voluntary_ctxt_switches:")?;
        Some(format!(
            "{own} {}",
            field(status, "nonvoluntary_ctxt_switches:")?
        ))
    };
    threads(process).iter().filter_map(count).collect()
}

/// Whether a signal that was sent to the process is still to reach one of its threads. One that all of them block has done what
/// it can.
pub(crate) fn is_on_its_way(signal: Signal, process: Pid) -> bool {
    let bit = 1_u64 << (signal as i32 - 1);
    let holds = |status: &String, name| {
        let set = field(status, name).and_then(|text| u64::from_str_radix(text, 16).ok());
        set.is_some_and(|set| set & bit != 0)
    };
    let is_to_come = |status: &String| {
        let is_sent = holds(status, "ShdPnd:") || holds(status, "SigPnd:");
        // A thread that fetches signals (sigwaitinfo) shows them as not blocked while it waits for them.
        is_sent && !holds(status, "SigBlk:")
    };
    threads(process).iter().any(is_to_come)
}

/// `/proc/PID/task/TID/status` of each thread.
fn threads(process: Pid) -> Vec<String> {
    let Ok(entries) = fs::read_dir(format!("/proc/{process}/task")) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("status")).ok())
        .collect()
}

/// A line of such a text.
fn field<'a>(status: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = status.lines();
    Some(lines.find_map(|line| line.strip_prefix(name))?.trim())
}

/// Whether the calling process has a child that has not been reaped: one that runs, or a zombie.
pub(crate) fn has_children() -> bool {
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    // `WNOWAIT` leaves a zombie where it is: looking does not reap.
    !matches!(waitid(Id::All, look), Err(Errno::ECHILD))
}

/// Waits until a child of the calling process has ended, and leaves it to be reaped. It may have been reaped.
///
/// That its pidfd is readable is not enough: while the process is traced, the tracer is told first, and for a moment the parent
/// still hears that its child is alive (`ptrace(2)`).
pub(crate) fn wait_for_end(child: Pid) {
    let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    while waitid(Id::Pid(child), look) == Err(Errno::EINTR) {}
}
