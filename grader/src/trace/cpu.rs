//! How much CPU time a process has used, while it goes on, and whether it wants more.

use std::fs;
use std::time::Duration;

use nix::libc;

/// The CPU time of all threads of a process, those included that have ended, to the nanosecond (`clock_getcpuclockid(3)`). `None`
/// for a process that has gone.
#[must_use]
pub fn used_by(pid: i32) -> Option<Duration> {
    let mut clock: libc::clockid_t = 0;
    // SAFETY: `clock` is a valid place for what the call writes.
    if unsafe { libc::clock_getcpuclockid(pid, &raw mut clock) } != 0 {
        return None;
    }
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid place for what the call writes.
    if unsafe { libc::clock_gettime(clock, &raw mut time) } != 0 {
        return None;
    }
    let seconds = u64::try_from(time.tv_sec).ok()?;
    Some(Duration::new(seconds, u32::try_from(time.tv_nsec).ok()?))
}

/// Whether some thread of a process runs or waits for a CPU.
#[must_use]
pub fn is_runnable(pid: i32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    let stats = threads.into_iter().flatten().flatten();
    let mut texts = stats.filter_map(|it| fs::read(it.path().join("stat")).ok());
    texts.any(|text| {
        // The state stands behind the name, which can contain anything (`proc_pid_stat(5)`).
        let name_end = text.iter().rposition(|byte| *byte == b')');
        name_end.is_some_and(|end| text[end..].starts_with(b") R"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_works_uses_cpu_time_and_who_is_not_there_has_none() {
        let own = std::process::id().cast_signed();
        let before = used_by(own).unwrap();
        while used_by(own).unwrap() < before + Duration::from_millis(2) {
            std::hint::spin_loop();
        }
        assert!(is_runnable(own));
        assert_eq!(used_by(0x7000_0000), None);
        assert!(!is_runnable(0x7000_0000));
    }
}
