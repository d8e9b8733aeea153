//! Which calls would reach a process outside of the run: signals, priorities, and the descriptors by which signals are sent.
//!
//! On the host that is everybody of the user. In namespaces of its own it is the tracer, which shares the program's user: it cannot be
//! killed, but it could be slowed down.

use std::fs;
use std::path::Path;

use nix::libc;

use super::recorder::int;
use super::stop::Call;

/// Whom a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// The calling process, or its group.
    Own,
    /// A process.
    Process(i32),
    /// A process group, by the id of its first process.
    Group(i32),
    /// A thread.
    Thread(i32),
    /// Everybody who can be reached.
    Everybody,
    /// All processes of a user, or one that cannot be named.
    Somebody,
}

/// The processes of a run.
pub(super) trait Run {
    /// Whether this is the id of a process or thread of the run that nobody has waited for yet: then it is nobody else's.
    fn is_inside(&self, id: i32) -> bool;

    /// Whether the processes that can be signaled are more than the run's.
    fn is_among_others(&self) -> bool;

    /// Whether a process of the run had this id: a group outlives the process that it is named after.
    fn was_inside(&self, id: i32) -> bool;
}

/// Whether the call of a thread that stands still is about a process outside of the run. Nobody at all is no outsider: the
/// kernel says that there is none.
pub(super) fn reaches_out(thread: i32, call: &Call, run: &impl Run) -> bool {
    let Some(target) = target(thread, call) else {
        return false;
    };
    match target {
        Target::Own => false,
        Target::Everybody => run.is_among_others(),
        Target::Somebody => true,
        Target::Group(id) => !run.was_inside(id),
        Target::Process(id) => !run.is_inside(id) && exists(id),
        // A thread is a process's own where that process is the run's.
        Target::Thread(id) => {
            let is_own = group_of(id).is_some_and(|group| run.is_inside(group));
            !is_own && !run.is_inside(id) && exists(id)
        }
    }
}

fn target(thread: i32, call: &Call) -> Option<Target> {
    let [first, second, ..] = call.arguments;
    let (first, second) = (int(first), int(second));
    let process = |id| match id {
        0 => Target::Own,
        _ => Target::Process(id),
    };
    Some(match call.number {
        libc::SYS_kill => match first {
            0 => Target::Own,
            -1 | i32::MIN => Target::Everybody,
            1.. => Target::Process(first),
            _ => Target::Group(-first),
        },
        libc::SYS_tkill => Target::Thread(first),
        libc::SYS_tgkill => Target::Thread(second),
        libc::SYS_rt_sigqueueinfo | libc::SYS_pidfd_open => Target::Process(first),
        libc::SYS_pidfd_send_signal => {
            // Who anything else is cannot be said.
            descriptor_of_process(thread, first).map_or(Target::Somebody, Target::Process)
        }
        libc::SYS_setpriority => match first.cast_unsigned() {
            libc::PRIO_USER => Target::Somebody,
            _ => process(second),
        },
        libc::SYS_sched_setscheduler
        | libc::SYS_sched_setaffinity
        | libc::SYS_sched_setparam
        | libc::SYS_sched_setattr => match first {
            0 => Target::Own,
            id => Target::Thread(id),
        },
        _ => return None,
    })
}

/// The process that a descriptor of `pidfd_open(2)` stands for, or a folder of `/proc` that is taken in place of one.
fn descriptor_of_process(thread: i32, descriptor: i32) -> Option<i32> {
    let text = fs::read_to_string(format!("/proc/{thread}/fdinfo/{descriptor}")).ok()?;
    if let Some(line) = text.lines().find_map(|line| line.strip_prefix("Pid:")) {
        return line.trim().parse().ok();
    }
    let folder = fs::read_link(format!("/proc/{thread}/fd/{descriptor}")).ok()?;
    let name = folder.to_str()?.strip_prefix("/proc/")?;
    // What the kernel says of a folder whose process has gone.
    let name = name.strip_suffix(" (deleted)").unwrap_or(name);
    name.parse().ok()
}

fn group_of(thread: i32) -> Option<i32> {
    let text = fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    line.trim().parse().ok()
}

fn exists(id: i32) -> bool {
    Path::new(&format!("/proc/{id}")).exists()
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    /// A run of one process.
    struct Alone(i32);

    impl Run for Alone {
        fn is_inside(&self, id: i32) -> bool {
            id == self.0
        }

        fn is_among_others(&self) -> bool {
            true
        }

        fn was_inside(&self, id: i32) -> bool {
            id == self.0
        }
    }

    #[track_caller]
    fn check(number: libc::c_long, arguments: [i32; 2], expected: bool) {
        let word = |it: i32| u64::from(it.cast_unsigned());
        let call = Call {
            number,
            arguments: [word(arguments[0]), word(arguments[1]), 0, 0, 0, 0],
        };
        let own = std::process::id().cast_signed();
        let seen = reaches_out(own, &call, &Alone(own));
        assert_eq!(seen, expected, "{call:?}");
    }

    #[test]
    fn a_folder_of_proc_is_its_process() {
        for (path, expected) in [("/proc/self", false), ("/proc/1", true), ("/proc", true)] {
            let folder = fs::File::open(path).unwrap();
            let arguments = [folder.as_raw_fd(), 9];
            check(libc::SYS_pidfd_send_signal, arguments, expected);
        }
    }

    #[test]
    fn processes_of_the_run_and_nobody_are_no_outsiders() {
        let own = std::process::id().cast_signed();
        for (number, arguments, expected) in [
            (libc::SYS_kill, [own, 9], false),
            (libc::SYS_kill, [-own, 9], false),
            (libc::SYS_kill, [0, 9], false),
            (libc::SYS_kill, [1, 9], true),
            (libc::SYS_kill, [-1, 9], true),
            (libc::SYS_kill, [-2, 9], true),
            (libc::SYS_kill, [i32::MIN, 9], true),
            // No number is so high.
            (libc::SYS_kill, [0x7000_0000, 9], false),
            (libc::SYS_tgkill, [own, own], false),
            (libc::SYS_tgkill, [1, 1], true),
            (libc::SYS_pidfd_open, [own, 0], false),
            (libc::SYS_pidfd_open, [1, 0], true),
            (libc::SYS_pidfd_send_signal, [0, 9], true),
            (libc::SYS_setpriority, [0, 0], false),
            (libc::SYS_setpriority, [2, 0], true),
            (libc::SYS_sched_setaffinity, [1, 0], true),
            (libc::SYS_sched_setaffinity, [0, 0], false),
            (libc::SYS_getpid, [1, 1], false),
        ] {
            check(number, arguments, expected);
        }
    }
}
